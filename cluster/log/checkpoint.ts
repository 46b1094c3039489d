// core: Kafka's text form of offsets by partition: version, count, then topic, partition and offset a line.

export interface PartitionKey {
  readonly topicName: string;
  readonly partition: number;
}

/** Keys are folder names: topic-partition. */
export function textOfCheckpoint(marks: ReadonlyMap<string, number>): string {
  const lines = [...marks].map(([name, offset]) => {
    const at = name.lastIndexOf("-");
    return `${name.slice(0, at)} ${name.slice(at + 1)} ${offset}\n`;
  });
  return `0\n${marks.size}\n${lines.join("")}`;
}

/** Null when the text is not whole. */
export function parseCheckpoint(text: string): Map<string, number> | null {
  const lines = text.split("\n");
  const count = Number(lines[1]);
  if (lines[0] !== "0" || !Number.isInteger(count) || lines.length < count + 2) return null;
  const marks = new Map<string, number>();
  for (const line of lines.slice(2, 2 + count)) {
    const [topic, partition, offset] = line.split(" ");
    if (!topic || !partition || !Number.isSafeInteger(Number(offset))) return null;
    marks.set(`${topic}-${partition}`, Number(offset));
  }
  return marks;
}
