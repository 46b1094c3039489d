// adapter: Node's file-system errors, as DiskErrors.
import { DiskError } from "../disk-error.ts";
import type { DiskErrorCode } from "../ports/disk.ts";

const codes: Readonly<Record<string, DiskErrorCode>> = {
  ENOENT: "ENOENT",
  EEXIST: "EEXIST",
  ENOSPC: "ENOSPC",
  EDQUOT: "ENOSPC",
  EIO: "EIO",
  ENXIO: "EIO",
  ENODEV: "EIO",
  ESTALE: "EIO",
  ENOTDIR: "ENOTDIR",
  ENOTEMPTY: "ENOTEMPTY",
  EACCES: "EACCES",
  EPERM: "EACCES",
  EROFS: "EACCES",
  EBADF: "ECLOSED",
};

export function diskError(cause: unknown, path: string, doing: string): DiskError {
  const code = codes[String((cause as { code?: unknown } | null)?.code)] ?? "EOTHER";
  return new DiskError({ code, path, doing, cause });
}

/** Runs one system call; its error comes out as a DiskError. */
export function attempt<T>(path: string, doing: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof DiskError) throw error;
    throw diskError(error, path, doing);
  }
}
