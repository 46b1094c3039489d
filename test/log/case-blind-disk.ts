// test: a disk that keeps the case of names and does not go by it, as macOS and Windows have them, around
// another.
import type { Disk } from "../../base/ports/disk.ts";

export function caseBlind(disk: Disk): Disk {
  /** The path under which it is there, if it is. */
  const real = (path: string): string => {
    let found = "";
    for (const part of path.split("/").slice(1)) {
      const names = disk.isDirectory(found === "" ? "/" : found) ? disk.list(found === "" ? "/" : found) : [];
      const known = names.find((name) => name.toLowerCase() === part.toLowerCase());
      found += `/${known ?? part}`;
    }
    return found;
  };
  return {
    open: (path, options) => disk.open(real(path), options),
    list: (path) => disk.list(real(path)),
    exists: (path) => disk.exists(real(path)),
    isDirectory: (path) => disk.isDirectory(real(path)),
    makeDirectory: (path) => disk.makeDirectory(real(path)),
    rename: (from, to) => disk.rename(real(from), real(to)),
    replace: (from, to) => disk.replace(real(from), real(to)),
    remove: (path) => disk.remove(real(path)),
    removeTree: (path) => disk.removeTree(real(path)),
    syncDirectory: (path) => disk.syncDirectory(real(path)),
    lock: (path) => disk.lock(real(path)),
    freeBytes: (path) => disk.freeBytes(real(path)),
    totalBytes: (path) => disk.totalBytes(real(path)),
  };
}
