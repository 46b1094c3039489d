// adapter: the running fingerprint of a simulation. Two runs of one seed must give the same fingerprint;
// where they do not, the lines handed to `onLine` show the first difference. Adapter only for the native CRC.
import { crc32 } from "node:zlib";

export type TraceLine = (line: string) => void;

export class Trace {
  private high = 0x811c9dc5;
  private low = 0xcbf29ce4;
  private count = 0;
  private readonly onLine: TraceLine | null;
  private readonly names = new Map<string, number>();

  constructor(onLine: TraceLine | null) {
    this.onLine = onLine;
  }

  /** Takes in one event; the numbers may be fractions (virtual times). */
  add(kind: string, subject: string, first: number, second: number): void {
    this.count++;
    this.mix(this.nameHash(kind));
    this.mix(this.nameHash(subject));
    this.mixNumber(first);
    this.mixNumber(second);
    this.onLine?.(`${this.count} ${kind} ${subject} ${first} ${second}`);
  }

  addText(kind: string, subject: string, text: string): void {
    this.add(kind, subject, text.length, crc32(text));
    this.onLine?.(`  ${text}`);
  }

  addBytes(kind: string, subject: string, bytes: Uint8Array): void {
    this.add(kind, subject, bytes.length, crc32(bytes));
  }

  /** 16 hex digits and the number of events. */
  hash(): string {
    const part = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");
    return `${part(this.high)}${part(this.low)}:${this.count}`;
  }

  private nameHash(name: string): number {
    let hash = this.names.get(name);
    if (hash === undefined) {
      hash = crc32(name);
      if (this.names.size < 10_000) this.names.set(name, hash);
    }
    return hash;
  }

  private mixNumber(value: number): void {
    const whole = Math.floor(value);
    this.mix(whole | 0);
    this.mix(Math.floor(whole / 4_294_967_296) | 0);
    this.mix(((value - whole) * 4_294_967_296) | 0);
  }

  private mix(word: number): void {
    this.high = Math.imul(this.high ^ word, 0x01000193) ^ (this.low >>> 13);
    this.low = Math.imul(this.low ^ word, 0x85ebca6b) + (this.high | 0);
  }
}
