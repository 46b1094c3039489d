// core: finds the batches in a run of bytes by their lengths alone, and checks their checksums. Opens none.
import type { Codecs } from "../../base/ports/codecs.ts";
import { ProtocolError } from "../errors.ts";
import { batch, batchHeaderBytes, batchOverheadBytes, crcCoversFrom } from "./header.ts";

export interface BatchPlace {
  readonly at: number;
  /** Bytes of the whole batch, header included. */
  readonly byteLength: number;
}

/**
 * Bytes of the whole batch that starts at `at`, or 0 when not all of it is in `bytes`. Throws ProtocolError
 * when its length is impossible.
 */
export function wholeBatchBytes(bytes: Uint8Array, at: number): number {
  if (bytes.length - at < batchOverheadBytes) return 0;
  const byteLength = batch.byteLength(bytes, at);
  if (byteLength < batchHeaderBytes) {
    throw new ProtocolError(
      `a batch of ${byteLength} bytes at ${at}; at least ${batchHeaderBytes} are needed`,
    );
  }
  return byteLength <= bytes.length - at ? byteLength : 0;
}

/** The whole batches in order; what is cut off at the end is left out. */
export function* walkBatches(bytes: Uint8Array, from = 0): Generator<BatchPlace, void, undefined> {
  let at = from;
  for (;;) {
    const byteLength = wholeBatchBytes(bytes, at);
    if (byteLength === 0) return;
    yield { at, byteLength };
    at += byteLength;
  }
}

/** Where the last whole batch ends. */
export function wholeBatchesEnd(bytes: Uint8Array, from = 0): number {
  let at = from;
  for (;;) {
    const byteLength = wholeBatchBytes(bytes, at);
    if (byteLength === 0) return at;
    at += byteLength;
  }
}

/** Says whether the checksum of the whole batch at `at` fits its bytes. */
export function verifyCrc(bytes: Uint8Array, at: number, codecs: Codecs): boolean {
  const covered = bytes.subarray(at + crcCoversFrom, at + batch.byteLength(bytes, at));
  return codecs.crc32c(covered) === batch.crc(bytes, at);
}

/** After a change of the attributes or the largest timestamp. */
export function renewCrc(bytes: Uint8Array, at: number, codecs: Codecs): void {
  const covered = bytes.subarray(at + crcCoversFrom, at + batch.byteLength(bytes, at));
  batch.setCrc(bytes, at, codecs.crc32c(covered));
}
