// core: folders and files by name, in memory. Says DiskError where a file system would.
import { DiskError } from "../disk-error.ts";
import type { DiskErrorCode } from "../ports/disk.ts";
import { FileBytes } from "./file-bytes.ts";

export class Folder {
  readonly entries = new Map<string, Folder | FileBytes>();
}

interface Place {
  folder: Folder;
  name: string;
  entry: Folder | FileBytes | null;
}

export class FileTree {
  readonly #root = new Folder();

  find(path: string): Folder | FileBytes | null {
    let entry: Folder | FileBytes = this.#root;
    for (const name of namesIn(path)) {
      if (!(entry instanceof Folder)) return null;
      const next = entry.entries.get(name);
      if (next === undefined) return null;
      entry = next;
    }
    return entry;
  }

  folder(path: string, doing: string): Folder {
    const entry = this.find(path);
    if (entry instanceof Folder) return entry;
    throw refuse(entry === null ? "ENOENT" : "ENOTDIR", path, doing);
  }

  file(path: string, create: boolean): FileBytes {
    const { folder, name, entry } = this.#place(path, "open");
    if (entry instanceof Folder) throw refuse("EOTHER", path, "open");
    if (entry !== null) return entry;
    if (!create) throw refuse("ENOENT", path, "open");
    const file = new FileBytes();
    folder.entries.set(name, file);
    return file;
  }

  makeFolder(path: string): Folder {
    let folder = this.#root;
    for (const name of namesIn(path)) {
      let next = folder.entries.get(name);
      if (next === undefined) folder.entries.set(name, (next = new Folder()));
      if (!(next instanceof Folder)) throw refuse("EEXIST", path, "make folder");
      folder = next;
    }
    return folder;
  }

  rename(from: string, to: string): void {
    const source = this.#place(from, "rename");
    const target = this.#place(to, "rename to");
    if (source.entry === null) throw refuse("ENOENT", from, "rename");
    if (source.entry === target.entry) return;
    if (source.entry instanceof Folder && target.entry instanceof FileBytes) {
      throw refuse("ENOTDIR", to, "rename to");
    }
    if (source.entry instanceof Folder && target.entry !== null && sizeOf(target.entry) > 0) {
      throw refuse("ENOTEMPTY", to, "rename to");
    }
    if (source.entry instanceof FileBytes && target.entry instanceof Folder) {
      throw refuse("EOTHER", to, "rename to");
    }
    source.folder.entries.delete(source.name);
    target.folder.entries.set(target.name, source.entry);
  }

  removeFile(path: string): void {
    const { folder, name, entry } = this.#place(path, "remove");
    if (entry === null) throw refuse("ENOENT", path, "remove");
    if (entry instanceof Folder) throw refuse("EOTHER", path, "remove");
    folder.entries.delete(name);
  }

  removeTree(path: string): void {
    if (this.find(path) === null) return;
    const { folder, name } = this.#place(path, "remove tree");
    folder.entries.delete(name);
  }

  /** The parent folder of a path, which must be there, and what the path names in it. */
  #place(path: string, doing: string): Place {
    const names = namesIn(path);
    const name = names.pop();
    if (name === undefined) throw refuse("EOTHER", path, doing);
    const folder = this.folder(names.join("/"), doing);
    return { folder, name, entry: folder.entries.get(name) ?? null };
  }
}

export function refuse(code: DiskErrorCode, path: string, doing: string): DiskError {
  return new DiskError({ code, path, doing });
}

function sizeOf(entry: Folder | FileBytes): number {
  return entry instanceof Folder ? entry.entries.size : entry.length;
}

/** Windows' separators count too: paths are joined by the machine's rules in some places. */
function namesIn(path: string): string[] {
  const names = path.split(/[\\/]/).filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) throw refuse("EOTHER", path, 'follow ".." in');
  return names;
}
