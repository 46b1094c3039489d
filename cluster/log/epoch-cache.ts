// core: which leader epoch starts at which offset. Entries grow in both; the file on disk is Kafka's
// leader-epoch-checkpoint.
//
// Keeps true: an epoch that has no entry has no records here. Source: KIP-101, KIP-279.
import type { EpochEnd } from "./replica-log.ts";

interface Entry {
  readonly epoch: number;
  readonly start: number;
}

export class EpochCache {
  #entries: Entry[];

  constructor(entries: readonly Entry[] = []) {
    this.#entries = [...entries];
  }

  /** Where the first epoch starts; null without any. */
  get firstStart(): number | null {
    return this.#entries[0]?.start ?? null;
  }

  get last(): number {
    return this.#entries.at(-1)?.epoch ?? -1;
  }

  /**
   * Notes that `epoch` starts at `start`; true when that is news. Entries that it contradicts are dropped.
   */
  assign(epoch: number, start: number): boolean {
    const last = this.#entries.at(-1);
    if (last !== undefined && last.epoch >= epoch) return false;
    while (this.#entries.length > 0 && this.#entries.at(-1)!.start >= start) this.#entries.pop();
    this.#entries.push({ epoch, start });
    return true;
  }

  endOf(epoch: number, logEnd: number): EpochEnd {
    let index = this.#entries.length - 1;
    while (index >= 0 && this.#entries[index]!.epoch > epoch) index--;
    if (index < 0) return { epoch: -1, end: -1 };
    const next = this.#entries[index + 1];
    return { epoch: this.#entries[index]!.epoch, end: next?.start ?? logEnd };
  }

  epochAt(offset: number): number {
    let index = this.#entries.length - 1;
    while (index >= 0 && this.#entries[index]!.start > offset) index--;
    return index < 0 ? -1 : this.#entries[index]!.epoch;
  }

  /** Drops epochs that start at or after `end`; true when something went. */
  cutEnd(end: number): boolean {
    const before = this.#entries.length;
    while (this.#entries.length > 0 && this.#entries.at(-1)!.start >= end) this.#entries.pop();
    return this.#entries.length !== before;
  }

  /** Drops epochs that end at or before `start`; the one that contains it starts there from now on. */
  cutStart(start: number): boolean {
    let first = this.#entries.length - 1;
    while (first > 0 && this.#entries[first]!.start > start) first--;
    const entry = this.#entries[first];
    if (entry === undefined || (first === 0 && entry.start >= start)) return false;
    this.#entries.splice(0, first + 1, { epoch: entry.epoch, start: Math.max(entry.start, start) });
    return true;
  }

  toText(): string {
    const lines = this.#entries.map((entry) => `${entry.epoch} ${entry.start}\n`);
    return `0\n${this.#entries.length}\n${lines.join("")}`;
  }

  /** Null when the text is not whole: the cache is then rebuilt from the batches. */
  static fromText(text: string): EpochCache | null {
    const lines = text.split("\n");
    const count = Number(lines[1]);
    if (lines[0] !== "0" || !Number.isInteger(count) || lines.length < count + 2) return null;
    const entries = lines.slice(2, 2 + count).map((line) => {
      const [epoch, start] = line.split(" ").map(Number);
      return { epoch: epoch ?? Number.NaN, start: start ?? Number.NaN };
    });
    const isWhole = entries.every(
      (entry, index) =>
        Number.isSafeInteger(entry.epoch) &&
        Number.isSafeInteger(entry.start) &&
        (index === 0 ||
          (entry.epoch > entries[index - 1]!.epoch && entry.start >= entries[index - 1]!.start)),
    );
    return isWhole ? new EpochCache(entries) : null;
  }
}
