// core: the error every disk adapter throws, real and virtual, so that callers can tell a full disk from a
// broken one.
import type { DiskErrorCode } from "./ports/disk.ts";

export class DiskError extends Error {
  readonly code: DiskErrorCode;
  readonly path: string;

  constructor(options: { code: DiskErrorCode; path: string; doing: string; cause?: unknown }) {
    super(`${options.doing} ${options.path}: ${options.code}`, { cause: options.cause });
    this.name = "DiskError";
    this.code = options.code;
    this.path = options.path;
  }
}
