// test: what one reader of the whole topic must find: each acknowledged record once, in the order of sending
// within its key, at rising offsets, and nothing that nobody sent. Keeps the first few findings and counts
// all.
import { keyOf, type Numbering, NumberSet, numberOf } from "./numbered.ts";

export interface Findings {
  read: number;
  duplicated: number;
  outOfOrder: number;
  foreign: number;
  /** The first of them, in words. */
  examples: string[];
}

export interface SoakRecord {
  partition: number;
  offset: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
}

const examplesMax = 10;

export class ReaderCheck {
  readonly seen: NumberSet;
  readonly findings: Findings = { read: 0, duplicated: 0, outOfOrder: 0, foreign: 0, examples: [] };
  readonly #numbering: Numbering;
  readonly #lastOfKey: Int32Array;
  readonly #nextOffset = new Map<number, number>();

  constructor(numbering: Numbering, capacity: number) {
    this.#numbering = numbering;
    this.seen = new NumberSet(capacity);
    this.#lastOfKey = new Int32Array(numbering.keys).fill(-1);
  }

  take(record: SoakRecord): void {
    const { findings } = this;
    findings.read++;
    const place = `partition ${record.partition} offset ${record.offset}`;
    const next = this.#nextOffset.get(record.partition) ?? 0;
    if (record.offset < next) this.#note("outOfOrder", `${place} came after ${next - 1}`);
    this.#nextOffset.set(record.partition, record.offset + 1);
    const number = numberOf(record.value);
    const key = Buffer.from(record.key ?? []).toString();
    if (number === null || key !== keyOf(number, this.#numbering)) {
      this.#note("foreign", `${place}: nobody sent this with key ${key}`);
      return;
    }
    if (!this.seen.add(number)) this.#note("duplicated", `${place}: record ${number} again`);
    const slot = number % this.#numbering.keys;
    const last = this.#lastOfKey[slot]!;
    if (last >= number) this.#note("outOfOrder", `${place}: ${key} has record ${number} after ${last}`);
    this.#lastOfKey[slot] = number;
  }

  #note(what: "duplicated" | "outOfOrder" | "foreign", text: string): void {
    this.findings[what]++;
    if (this.findings.examples.length < examplesMax) this.findings.examples.push(`${what}: ${text}`);
  }
}
