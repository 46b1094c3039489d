// core: offsets in a file, one partition a line: `topic,partition,offset`, as kafka-consumer-groups.sh
// exports them and as `ottla group reset --export` does; with the group before them where there are several.
import { UsageError } from "../usage-error.ts";

export interface FileOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Lines of other groups are left out. Throws UsageError that names the line. */
export function parseOffsetsFile(text: string, name: string, group: string): FileOffset[] {
  const rows: FileOffset[] = [];
  const seen = new Set<string>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const cells = line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
    const where = `${name}, line ${at + 1}`;
    if (cells.length === 4 && cells[0] !== group) continue;
    const [topic, partition, offset] = cells.length === 4 ? cells.slice(1) : cells;
    const isWhole = [partition, offset].every((cell) => cell !== undefined && /^\d{1,15}$/.test(cell));
    if (cells.length < 3 || cells.length > 4 || topic === "" || !isWhole) {
      const should = "topic,partition,offset or group,topic,partition,offset";
      throw new UsageError(`${where}: ${JSON.stringify(line)} should be ${should}`);
    }
    const place = `${topic} ${Number(partition)}`;
    if (seen.has(place)) throw new UsageError(`${where}: ${topic}:${partition} stands there a second time`);
    seen.add(place);
    rows.push({ topic: topic!, partition: Number(partition), offset: Number(offset) });
  }
  if (rows.length > 0) return rows;
  throw new UsageError(`${name}: no offsets of group ${group} are in it`);
}

export function toOffsetsFile(rows: readonly FileOffset[]): string {
  return rows.map(({ topic, partition, offset }) => `${topic},${partition},${offset}`).join("\n");
}
