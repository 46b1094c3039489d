// core: Kafka's text form of checkpoints, with a check of ours behind it: what the checksum does not fit is
// damaged, and is not used.
//
//   version, count, one entry a line, then "crc32c" and the checksum of the lines before it in hex
//
// Version 0 has "topic partition offset" (Kafka's). Version 1 adds the topic id, so that the marks of a topic
// that was deleted say nothing about one of the same name that came after it.

export interface PartitionKey {
  readonly topicName: string;
  readonly partition: number;
}

export interface Mark {
  readonly offset: number;
  /** Null: of whatever topic has the name. */
  readonly topicId: string | null;
}

type Crc = (bytes: Uint8Array) => number;

/** Lines of a checkpoint as its file holds them. */
export function checkedBytes(text: string, crc32c: Crc): Uint8Array {
  return Buffer.from(`${text}crc32c ${crc32c(Buffer.from(text)).toString(16).padStart(8, "0")}\n`);
}

/** The text before the checksum; null when that does not fit, or is not there. */
export function checkedText(bytes: Uint8Array, crc32c: Crc): string | null {
  const whole = Buffer.from(bytes).toString("utf8");
  const at = whole.lastIndexOf("crc32c ");
  if (at < 0) return null;
  const text = whole.slice(0, at);
  return Buffer.compare(checkedBytes(text, crc32c), bytes) === 0 ? text : null;
}

/** Keys are folder names: topic-partition. */
export function textOfCheckpoint(marks: ReadonlyMap<string, Mark>): string {
  const lines = [...marks].map(([name, { offset, topicId }]) => {
    const at = name.lastIndexOf("-");
    return `${name.slice(0, at)} ${name.slice(at + 1)} ${offset} ${topicId ?? "-"}\n`;
  });
  return `1\n${marks.size}\n${lines.join("")}`;
}

/** Null when the text is not whole. */
export function parseCheckpoint(text: string): Map<string, Mark> | null {
  const lines = text.split("\n");
  const count = Number(lines[1]);
  if ((lines[0] !== "0" && lines[0] !== "1") || !Number.isInteger(count) || lines.length < count + 2)
    return null;
  const marks = new Map<string, Mark>();
  for (const line of lines.slice(2, 2 + count)) {
    const [topic, partition, offset, topicId] = line.split(" ");
    if (!topic || !partition || !offset || !Number.isSafeInteger(Number(offset))) return null;
    const id = topicId === undefined || topicId === "-" ? null : topicId;
    marks.set(`${topic}-${partition}`, { offset: Number(offset), topicId: id });
  }
  return marks;
}
