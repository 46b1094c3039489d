// core: the error every disk adapter throws, real and virtual, so that callers can tell a full disk from a
// broken one.
import type { DiskErrorCode } from "./ports/disk.ts";

export class DiskError extends Error {
  readonly code: DiskErrorCode;
  readonly path: string;
  readonly doing: string;

  constructor(options: { code: DiskErrorCode; path: string; doing: string; cause?: unknown }) {
    super(`${options.doing} ${options.path}: ${options.code}`, { cause: options.cause });
    this.name = "DiskError";
    this.code = options.code;
    this.path = options.path;
    this.doing = options.doing;
  }
}

/**
 * The disk had no room for something new, and nothing that it had taken before is in doubt. A sync that fails
 * for want of room is a failed sync like any other: what it was to cover is in doubt.
 */
export function isDiskFull(error: unknown): error is DiskError {
  return error instanceof DiskError && error.code === "ENOSPC" && !error.doing.startsWith("sync");
}
