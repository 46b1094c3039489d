// core: whether a batch can begin at a place of a segment, by its header alone; and the error for where it
// should and does not.
import { batch, batchHeaderBytes } from "../../proto/batch/header.ts";

/** Bytes that should be a batch are none. They must not be served, and must not be cut. */
export class BrokenBatchError extends Error {
  readonly path: string;
  readonly position: number;
  readonly what: string;

  constructor(path: string, position: number, what: string) {
    super(`${path} is damaged at position ${position}: ${what}`);
    this.name = "BrokenBatchError";
    this.path = path;
    this.position = position;
    this.what = what;
  }
}

/** Null when a batch may start at `at`, with `room` bytes left of the segment and `next` its least offset. */
export function brokenHeader(
  bytes: Uint8Array,
  at: number,
  { room, next }: { room: number; next: number },
): string | null {
  if (room < batchHeaderBytes) return "the segment ends within a batch header";
  const length = batch.byteLength(bytes, at);
  if (batch.magic(bytes, at) !== 2 || length < batchHeaderBytes) return "there is no batch header";
  if (length > room) return "the segment ends within a batch";
  const base = batch.baseOffset(bytes, at);
  if (base < next) return `its base offset is ${base}, ${next} or more should come next`;
  if (batch.lastOffsetDelta(bytes, at) < 0) return `its last offset is ${batch.lastOffset(bytes, at)}`;
  return null;
}
