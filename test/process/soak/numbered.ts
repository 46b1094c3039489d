// test: numbered records whose key and value follow from the number, and a record of which were acknowledged
// and seen that takes a bit each. Nothing here grows by more than bits with the length of a run.

/**
 * Producer p of n sends p, p + n, p + 2n, ...; keys is a multiple of n, so that no two producers share a
 * key.
 */
export interface Numbering {
  producers: number;
  keys: number;
}

const padding = "x".repeat(80);

export const keyOf = (number: number, { keys }: Numbering): string => `key-${number % keys}`;
export const bodyOf = (number: number): string => `${number}:${padding}`;

/** Null when the value is none of ours. */
export function numberOf(value: Uint8Array | null): number | null {
  const text = Buffer.from(value ?? []).toString();
  const number = Number(text.split(":")[0]);
  return Number.isSafeInteger(number) && text === bodyOf(number) ? number : null;
}

export class NumberSet {
  size = 0;
  #bits: Uint8Array;

  constructor(capacity: number) {
    this.#bits = new Uint8Array(Math.ceil(capacity / 8));
  }

  has(number: number): boolean {
    return ((this.#bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  /** False when it was there already. */
  add(number: number): boolean {
    if (number >> 3 >= this.#bits.length) throw new Error(`${number} is beyond what this run was made for`);
    if (this.has(number)) return false;
    this.#bits[number >> 3]! |= 1 << (number & 7);
    this.size++;
    return true;
  }

  /** Numbers below `end` that are here and not in `other`, at most `most` of them. */
  without(other: NumberSet, end: number, most: number): number[] {
    const found: number[] = [];
    for (let number = 0; number < end && found.length < most; number++) {
      if (this.has(number) && !other.has(number)) found.push(number);
    }
    return found;
  }
}
