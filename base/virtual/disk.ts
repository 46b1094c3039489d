// adapter: the simulated disk of one machine. It outlives the crashes of the machine's processes; each life
// gets its own mount. Keeps the promises of base/ports/disk.ts and not one more: what was not synced can go.
import type { Disk } from "../ports/disk.ts";
import type { DiskFaults } from "./disk-faults.ts";
import { MountedDisk } from "./disk-mount.ts";
import { type CutMode, cutModes, type FileContent } from "./file-content.ts";
import type { Life } from "./life.ts";
import { NameTree, normalPath } from "./name-tree.ts";
import type { VirtualScheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { WorldStats } from "./stats.ts";

export interface DiskParts {
  name: string;
  scheduler: VirtualScheduler;
  random: SeededRandom;
  stats: WorldStats;
}

export class VirtualDisk {
  readonly name: string;
  readonly names = new NameTree();
  readonly faults: DiskFaults = {
    syncMs: [0.2, 3],
    slowFactor: 1,
    writeErrorRate: 0,
    readErrorRate: 0,
    syncErrorRate: 0,
    capacityBytes: 2 ** 40,
    brokenPaths: new Set(),
  };
  readonly locks = new Map<string, Life>();
  readonly scheduler: VirtualScheduler;
  readonly random: SeededRandom;
  readonly stats: WorldStats;
  usedBytes = 0;

  constructor(parts: DiskParts) {
    this.name = parts.name;
    this.scheduler = parts.scheduler;
    this.random = parts.random;
    this.stats = parts.stats;
  }

  /** The disk as one process sees it, until that process's life is over. */
  mount(life: Life): Disk {
    return new MountedDisk(this, life);
  }

  /** The process died, the machine did not: the page cache stays, but for what a failed sync left in it. */
  processCrash(): void {
    for (const { file } of this.names.files()) {
      if (file.hasLostPages && this.random.chance(0.5)) file.evictLostPages();
    }
    this.recount();
  }

  /** The machine lost power. Without a mode, one is drawn for the names and one for each file. */
  powerCut(mode: CutMode | null = null): void {
    const choose = (): CutMode => mode ?? this.random.pick(cutModes);
    const droppedNames = this.names.cutPower(choose(), this.random);
    let droppedBytes = 0;
    for (const { file } of this.names.files()) {
      const result = file.cutPower(choose(), this.random);
      droppedBytes += result.droppedBytes;
      if (result.torn) this.stats.tornWrites++;
    }
    this.stats.powerCuts++;
    if (droppedBytes + droppedNames > 0) this.stats.powerCutsThatDropped++;
    this.stats.droppedBytes += droppedBytes;
    this.stats.droppedNames += droppedNames;
    this.scheduler.trace.add("disk.powercut", this.name, droppedBytes, droppedNames);
    this.recount();
  }

  /** The disk was replaced by an empty one. Only while no process has it. */
  lose(): void {
    this.names.clear();
    this.stats.lostDisks++;
    this.recount();
  }

  /** The disk mounted at that folder was replaced by an empty one. Only while no process has it. */
  losePath(path: string): void {
    this.names.drop(path);
    this.stats.lostDisks++;
    this.recount();
  }

  /** Flips one bit of a file, at rest; answers where, or null if the file is empty or not there. */
  rot(path: string, position: number | null = null): number | null {
    const file = this.file(path);
    if (file === null || file.current.length === 0) return null;
    const at = position ?? this.random.below(file.current.length);
    file.rot(at, this.random.below(8));
    this.stats.rottenBits++;
    this.scheduler.trace.add("disk.rot", normalPath(path), at, 0);
    return at;
  }

  /** For tests and checkers: all files with their bytes in the page cache, in order of path. */
  files(): { path: string; bytes: Uint8Array }[] {
    return this.names.files().map(({ path, file }) => ({ path, bytes: file.current.view().slice() }));
  }

  /** For tests: a file's bytes on stable storage, if the file is there. */
  durableBytes(path: string): Uint8Array | null {
    return this.file(path)?.durableBytes() ?? null;
  }

  /** For checkers: the files right in a folder by name, as readers see them; empty when it is not there. */
  filesIn(path: string): { name: string; file: FileContent }[] {
    const entry = this.names.find(path);
    if (entry === null || "current" in entry) return [];
    const found: { name: string; file: FileContent }[] = [];
    for (const [name, file] of entry.entries) if ("current" in file) found.push({ name, file });
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** For checkers: the bytes that the path would have after a power cut now; null: it would not be there. */
  lastingBytes(path: string): Uint8Array | null {
    return this.names.findDurable(path)?.durableView() ?? null;
  }

  /** For tests: changes of all files that no sync has covered. */
  unsyncedChanges(): number {
    return this.names.files().reduce((sum, { file }) => sum + file.unsyncedChanges, 0);
  }

  /** True below a path that was broken on purpose. */
  isBroken(path: string): boolean {
    if (this.faults.brokenPaths.size === 0) return false;
    const normal = normalPath(path);
    for (const broken of this.faults.brokenPaths) {
      const prefix = normalPath(broken);
      if (normal === prefix || normal.startsWith(prefix === "/" ? "/" : `${prefix}/`)) return true;
    }
    return false;
  }

  private file(path: string): FileContent | null {
    const entry = this.names.find(path);
    return entry !== null && "current" in entry ? entry : null;
  }

  private recount(): void {
    this.usedBytes = this.names.files().reduce((sum, { file }) => sum + file.current.length, 0);
  }
}
