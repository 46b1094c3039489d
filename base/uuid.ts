// core: 16-byte identifiers (topics, directories, incarnations), kept as Kafka prints them: 22 characters of
// URL-safe base64.
import type { Random } from "./ports/random.ts";

export type Uuid = string;

export const zeroUuid: Uuid = "AAAAAAAAAAAAAAAAAAAAAA";

/** A random (version 4) identifier whose text does not start with "-", so that command lines can take it. */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = random.bytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const text = uuidFromBytes(bytes);
    if (!text.startsWith("-")) return text;
  }
}

export function uuidFromBytes(bytes: Uint8Array): Uuid {
  return Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString("base64url");
}

/** The 16 bytes, or null when the text is not such an identifier. */
export function uuidToBytes(text: Uuid): Uint8Array | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.length === 16 ? bytes : null;
}
