// adapter: the file system of the machine.
import {
  close,
  constants,
  existsSync,
  fsync,
  mkdirSync,
  open,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Disk } from "../ports/disk.ts";
import { RealFile } from "./disk-file.ts";
import { lockFolder } from "./disk-lock.ts";
import { attempt, diskError } from "./disk-trouble.ts";
import { renaming } from "./rename.ts";

export function realDisk(): Disk {
  return {
    open: (path, { create }) =>
      attempt(path, "open", () => {
        const flags = constants.O_RDWR | (create ? constants.O_CREAT : 0);
        return new RealFile(path, openSync(path, flags, 0o644));
      }),
    list: (path) => attempt(path, "list", () => readdirSync(path).sort()),
    exists: (path) => existsSync(path),
    isDirectory: (path) =>
      attempt(path, "look at", () => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false),
    makeDirectory: (path) => attempt(path, "make folder", () => makeDirectory(path)),
    ...renaming(),
    remove: (path) => attempt(path, "remove", () => unlinkSync(path)),
    removeTree: (path) => attempt(path, "remove tree", () => rmSync(path, { recursive: true, force: true })),
    syncDirectory,
    lock: lockFolder,
    freeBytes: (path) =>
      attempt(path, "ask for free space of", () => {
        const { bavail, bsize } = statfsSync(path);
        return bavail * bsize;
      }),
    totalBytes: (path) =>
      attempt(path, "ask for the size of the file system of", () => {
        const { blocks, bsize } = statfsSync(path);
        return blocks * bsize;
      }),
  };
}

/**
 * Node's own recursive mkdir turns for ever where a folder that is there takes no folders (/proc says
 * ENOENT).
 */
function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeDirectory(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** Windows opens no folders for this; NTFS keeps its names in a journal of its own. */
export function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return Promise.resolve();
  return new Promise((resolve, reject) => {
    open(path, constants.O_RDONLY | constants.O_DIRECTORY, (openError, descriptor) => {
      if (openError !== null) {
        reject(diskError(openError, path, "sync folder"));
        return;
      }
      fsync(descriptor, (syncError) => {
        close(descriptor, () => {
          if (syncError === null) resolve();
          else reject(diskError(syncError, path, "sync folder"));
        });
      });
    });
  });
}
