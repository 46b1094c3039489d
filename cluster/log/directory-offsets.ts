// shell: the offsets that a log directory keeps of its logs: recovery points, log starts, high watermarks;
// one checkpoint file for each, replaced as a whole.
//
// Keeps true: a mark is of the topic id it was made for; a recovery point that was lowered is on disk before
// a log start that was moved after it.

import type { Env } from "../../base/ports/env.ts";
import { readWholeFile, replaceFile } from "./atomic-file.ts";
import { checkedBytes, checkedText, type Mark, parseCheckpoint, textOfCheckpoint } from "./checkpoint.ts";

/** cleaner: where the part of a log ends that compaction has cleaned. */
export type OffsetKind = "recovery" | "start" | "highWatermark" | "cleaner";

const files: Readonly<Record<OffsetKind, string>> = {
  recovery: "recovery-point-offset-checkpoint",
  start: "log-start-offset-checkpoint",
  highWatermark: "replication-offset-checkpoint",
  cleaner: "cleaner-offset-checkpoint",
};
const kinds: readonly OffsetKind[] = ["recovery", "start", "highWatermark", "cleaner"];

type OffsetsEnv = Pick<Env, "disk" | "codecs" | "log">;

export class DirectoryOffsets {
  readonly #env: OffsetsEnv;
  readonly #folder: string;
  readonly #marks: Record<OffsetKind, Map<string, Mark>>;
  readonly #dirty = new Set<OffsetKind>();
  /** Topic ids by folder name. */
  readonly #topicIds = new Map<string, string>();

  constructor(env: OffsetsEnv, folder: string) {
    this.#env = env;
    this.#folder = folder;
    this.#marks = {
      recovery: this.#read("recovery"),
      start: this.#read("start"),
      highWatermark: this.#read("highWatermark"),
      cleaner: this.#read("cleaner"),
    };
  }

  /** The folder of that name is of this topic. Marks of another are forgotten. */
  owned(name: string, topicId: string): void {
    this.#topicIds.set(name, topicId);
    for (const kind of kinds) {
      const mark = this.#marks[kind].get(name);
      if (mark === undefined || mark.topicId === null || mark.topicId === topicId) continue;
      this.#marks[kind].delete(name);
      this.#dirty.add(kind);
    }
  }

  get(kind: OffsetKind, name: string): number {
    return this.#marks[kind].get(name)?.offset ?? 0;
  }

  /** A log of that name once stood somewhere. */
  has(name: string): boolean {
    return kinds.some((kind) => this.get(kind, name) > 0);
  }

  set(kind: OffsetKind, name: string, offset: number): void {
    const marks = this.#marks[kind];
    const topicId = this.#topicIds.get(name) ?? null;
    const known = marks.get(name);
    if (known !== undefined && known.offset === offset && known.topicId === topicId) return;
    marks.set(name, { offset, topicId });
    this.#dirty.add(kind);
  }

  /** The log was cut to `end`: what a mark said of what was above is not so now. True: one was lowered. */
  cut(name: string, end: number): boolean {
    const above = (["recovery", "cleaner"] as const).filter((kind) => this.get(kind, name) > end);
    for (const kind of above) this.set(kind, name, end);
    return above.length > 0;
  }

  forget(name: string): void {
    this.#topicIds.delete(name);
    for (const kind of kinds) if (this.#marks[kind].delete(name)) this.#dirty.add(kind);
  }

  /** Writes what changed; on stable storage when it resolves. What was not written stays to be written. */
  async write(): Promise<void> {
    const dirty = kinds.filter((kind) => this.#dirty.has(kind));
    const { codecs, disk } = this.#env;
    const contents = dirty.map((kind) =>
      checkedBytes(textOfCheckpoint(this.#marks[kind]), (bytes) => codecs.crc32c(bytes)),
    );
    this.#dirty.clear();
    for (const [at, kind] of dirty.entries()) {
      try {
        await replaceFile(disk, this.#folder, files[kind], contents[at]!);
      } catch (error) {
        for (const left of dirty.slice(at)) this.#dirty.add(left);
        throw error;
      }
    }
  }

  #read(kind: OffsetKind): Map<string, Mark> {
    const { codecs, disk, log } = this.#env;
    const file = `${this.#folder}/${files[kind]}`;
    const bytes = readWholeFile(disk, file);
    if (bytes === null) return new Map();
    const text = checkedText(bytes, (part) => codecs.crc32c(part));
    const marks = text === null ? null : parseCheckpoint(text);
    if (marks === null) log.warn({ file }, "a damaged checkpoint is not used");
    return marks ?? new Map();
  }
}
