// core: the folders of one simulated disk, twice: as everyone sees them and as they are on stable storage. An
// operation on names (create, rename, remove) is one unit: it lasts once each folder it touches was synced,
// and a power cut keeps it whole or not at all.
import { DiskError } from "../disk-error.ts";
import type { DiskErrorCode } from "../ports/disk.ts";
import type { CutMode, FileContent } from "./file-content.ts";
import type { SeededRandom } from "./seeded-random.ts";

export type Entry = Folder | FileContent;

export class Folder {
  readonly entries = new Map<string, Entry>();
  readonly durable = new Map<string, Entry>();
  /** Per name: the last operation that reached `durable`, so that older ones don't undo it. */
  readonly applied = new Map<string, number>();
  /** A key-value store that lives in this folder; it comes and goes with it. */
  store: unknown = null;
}

interface NameChange {
  folder: Folder;
  name: string;
  entry: Entry | null;
}

interface NameOperation {
  sequence: number;
  changes: NameChange[];
  unsynced: Set<Folder>;
}

export interface Place {
  folder: Folder;
  name: string;
  entry: Entry | null;
}

export class NameTree {
  root = new Folder();
  private pending: NameOperation[] = [];
  private sequence = 0;

  clear(): void {
    this.root = new Folder();
    this.pending = [];
  }

  /** The entry at a path, or null. */
  find(path: string): Entry | null {
    let entry: Entry = this.root;
    for (const name of parts(path)) {
      if (!(entry instanceof Folder)) return null;
      const next = entry.entries.get(name);
      if (next === undefined) return null;
      entry = next;
    }
    return entry;
  }

  /** The file that the path would name after a power cut that loses all it may. */
  findDurable(path: string): FileContent | null {
    let entry: Entry = this.root;
    for (const name of parts(path)) {
      if (!(entry instanceof Folder)) return null;
      const next = entry.durable.get(name);
      if (next === undefined) return null;
      entry = next;
    }
    return entry instanceof Folder ? null : entry;
  }

  folder(path: string, doing: string): Folder {
    const entry = this.find(path);
    if (entry instanceof Folder) return entry;
    throw refuse(entry === null ? "ENOENT" : "ENOTDIR", path, doing);
  }

  /** The parent folder of a path (which must be there) and what the path names in it. */
  place(path: string, doing: string): Place {
    const names = parts(path);
    const name = names.pop();
    if (name === undefined) throw refuse("EOTHER", path, doing);
    const folder = this.folder(names.join("/"), doing);
    return { folder, name, entry: folder.entries.get(name) ?? null };
  }

  /** What is there goes at once, from stable storage too, as with a disk that was mounted there. */
  drop(path: string): void {
    const { folder, name } = this.place(path, "drop");
    folder.entries.delete(name);
    folder.durable.delete(name);
  }

  change(changes: NameChange[]): void {
    for (const { folder, name, entry } of changes) set(folder.entries, name, entry);
    const unsynced = new Set(changes.map((change) => change.folder));
    this.pending.push({ sequence: ++this.sequence, changes, unsynced });
  }

  makeFolder(path: string, doing: string): Folder {
    let folder = this.root;
    for (const name of parts(path)) {
      let next = folder.entries.get(name);
      if (next === undefined) {
        next = new Folder();
        this.change([{ folder, name, entry: next }]);
      }
      if (!(next instanceof Folder)) throw refuse("EEXIST", path, doing);
      folder = next;
    }
    return folder;
  }

  /** Makes the folders on the way to `path` last, and nothing beside them. */
  pin(path: string): void {
    let folder = this.root;
    for (const name of parts(path)) {
      const next = folder.entries.get(name);
      if (!(next instanceof Folder)) return;
      folder.durable.set(name, next);
      folder.applied.set(name, ++this.sequence);
      folder = next;
    }
  }

  mark(): number {
    return this.sequence;
  }

  /** The operations in `folder` up to the mark are synced there. */
  settle(folder: Folder, mark: number): void {
    this.pending = this.pending.filter((operation) => {
      if (operation.sequence <= mark) operation.unsynced.delete(folder);
      if (operation.unsynced.size > 0) return true;
      makeDurable(operation);
      return false;
    });
  }

  /** Answers how many operations on names were lost. */
  cutPower(mode: CutMode, random: SeededRandom): number {
    const operations = this.pending;
    this.pending = [];
    let lost = 0;
    const prefix = random.below(operations.length + 1);
    for (const [index, operation] of operations.entries()) {
      const keep =
        mode === "kept" ||
        (mode === "prefix" && index < prefix) ||
        (mode === "sectors" && random.chance(0.5));
      if (keep) makeDurable(operation);
      else lost++;
    }
    forgetCache(this.root);
    return lost;
  }

  /** All files and their paths, in order of path. */
  files(): { path: string; file: FileContent }[] {
    const found: { path: string; file: FileContent }[] = [];
    const visit = (folder: Folder, path: string): void => {
      for (const [name, entry] of [...folder.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (entry instanceof Folder) visit(entry, `${path}/${name}`);
        else found.push({ path: `${path}/${name}`, file: entry });
      }
    };
    visit(this.root, "");
    return found;
  }
}

export function refuse(code: DiskErrorCode, path: string, doing: string): DiskError {
  return new DiskError({ code, path, doing });
}

/** One spelling for each path: "/a/b". */
export function normalPath(path: string): string {
  return `/${parts(path).join("/")}`;
}

function parts(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) throw refuse("EOTHER", path, 'follow ".." in');
  return names;
}

function set(names: Map<string, Entry>, name: string, entry: Entry | null): void {
  if (entry === null) names.delete(name);
  else names.set(name, entry);
}

function makeDurable(operation: NameOperation): void {
  for (const { folder, name, entry } of operation.changes) {
    if ((folder.applied.get(name) ?? 0) > operation.sequence) continue;
    folder.applied.set(name, operation.sequence);
    set(folder.durable, name, entry);
  }
}

function forgetCache(folder: Folder): void {
  folder.entries.clear();
  for (const [name, entry] of folder.durable) {
    folder.entries.set(name, entry);
    if (entry instanceof Folder) forgetCache(entry);
  }
}
