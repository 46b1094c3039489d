// core: texts that were read before, found by their bytes: one and the same string each time, without leaving
// JavaScript for it, and with its hash known to every map that is asked for it.
//
// Keeps true: what it answers is what decoding would; it only ever forgets.

const slots = 256;
/** Longer texts are not kept: ids have 22 characters. */
export const knownTextMax = 32;

export class KnownTexts {
  readonly #texts: string[] = new Array(slots).fill("");

  read(bytes: Buffer, from: number, to: number): string {
    const length = to - from;
    if (length === 0) return "";
    if (length > knownTextMax) return bytes.toString("utf8", from, to);
    let hash = length;
    for (let at = from; at < to; at++) hash = (hash * 31 + bytes[at]!) | 0;
    const slot = (hash ^ (hash >>> 16)) & (slots - 1);
    const known = this.#texts[slot]!;
    if (isText(known, bytes, from, length)) return known;
    const text = bytes.toString("utf8", from, to);
    // Of other texts the characters are not the bytes: they would never be found.
    if (text.length === length) this.#texts[slot] = text;
    return text;
  }
}

function isText(text: string, bytes: Buffer, from: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code !== bytes[from + index] || code > 0x7f) return false;
  }
  return true;
}

/** Of this process: names and ids of topics, directories and clients come again with every request. */
export const knownTexts = new KnownTexts();
