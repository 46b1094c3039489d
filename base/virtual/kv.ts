// adapter: the simulated key-value stores of one machine. A store lives in a folder of the simulated disk and
// goes when the folder goes. A write that resolved is durable; at a crash, those still under way are there up
// to some point in their order, and not beyond it.
import type { KeyValueStore, KeyValueStores, KvChange } from "../ports/kv.ts";
import type { VirtualDisk } from "./disk.ts";
import { type Life, never } from "./life.ts";
import { normalPath, refuse } from "./name-tree.ts";

const readMs = [0.02, 0.4] as const;

interface StoreContent {
  entries: Map<string, Uint8Array>;
  openIn: Life | null;
}

export class VirtualStores implements KeyValueStores {
  private readonly disk: VirtualDisk;
  private readonly life: Life;

  constructor(disk: VirtualDisk, life: Life) {
    this.disk = disk;
    this.life = life;
  }

  open(path: string): Promise<KeyValueStore> {
    if (this.life.revoked) return never();
    const { disk, life } = this;
    return new Promise((resolve, reject) => {
      const delayMs = disk.random.between(0.1, 2);
      const run = (): void => {
        try {
          const content = openContent(disk, life, path);
          resolve(new VirtualStore(disk, life, normalPath(path), content));
        } catch (error) {
          reject(error);
        }
      };
      disk.scheduler.after(delayMs, { label: "kv.open", life, run });
    });
  }
}

function openContent(disk: VirtualDisk, life: Life, path: string): StoreContent {
  if (disk.isBroken(path)) throw refuse("EIO", path, "open store");
  const folder = disk.names.makeFolder(path, "open store");
  disk.names.pin(path);
  folder.store ??= { entries: new Map(), openIn: null } satisfies StoreContent;
  const content = folder.store as StoreContent;
  if (content.openIn !== null && !content.openIn.revoked) throw refuse("ELOCKED", path, "open store");
  content.openIn = life;
  return content;
}

class VirtualStore implements KeyValueStore {
  private readonly disk: VirtualDisk;
  private readonly life: Life;
  private readonly path: string;
  private readonly content: StoreContent;
  private readonly underWay: (readonly KvChange[])[] = [];
  private lastWriteMs = 0;
  private closed = false;

  constructor(disk: VirtualDisk, life: Life, path: string, content: StoreContent) {
    this.disk = disk;
    this.life = life;
    this.path = path;
    this.content = content;
    life.whenOver(() => this.crash());
  }

  get(key: string): Promise<Uint8Array | null> {
    return this.read("kv.get", () => {
      const value = this.content.entries.get(key);
      return value === undefined ? null : new Uint8Array(value);
    });
  }

  range(options: { from: string; to: string; limit: number }): Promise<{ key: string; value: Uint8Array }[]> {
    return this.read("kv.range", () =>
      [...this.content.entries.keys()]
        .filter((key) => compareUtf8(key, options.from) >= 0 && compareUtf8(key, options.to) < 0)
        .sort(compareUtf8)
        .slice(0, options.limit)
        .map((key) => ({ key, value: new Uint8Array(this.content.entries.get(key)!) })),
    );
  }

  write(changes: readonly KvChange[]): Promise<void> {
    if (this.life.revoked) return never();
    if (this.closed) return Promise.reject(refuse("ECLOSED", this.path, "write store"));
    const copy = [...changes];
    this.underWay.push(copy);
    const { random, scheduler, faults, stats } = this.disk;
    const delayMs = random.between(...faults.syncMs) * faults.slowFactor;
    this.lastWriteMs = Math.max(this.lastWriteMs, scheduler.nowMs + delayMs);
    return new Promise((resolve, reject) => {
      const run = (): void => {
        this.underWay.shift();
        const isFull = roomFor(copy) > faults.capacityBytes - this.disk.usedBytes;
        if (isFull) {
          stats.fullDiskRefusals++;
          reject(refuse("ENOSPC", this.path, "write store"));
          return;
        }
        const fails = this.disk.isBroken(this.path) || random.chance(faults.syncErrorRate);
        if (!fails || random.chance(0.5)) this.apply(copy);
        if (fails) stats.failedSyncs++;
        if (fails) reject(refuse("EIO", this.path, "write store"));
        else resolve();
      };
      scheduler.at(this.lastWriteMs, { label: "kv.write", life: this.life, run });
    });
  }

  /** Waits for the writes under way. */
  close(): Promise<void> {
    if (this.life.revoked) return never();
    this.closed = true;
    const { scheduler } = this.disk;
    return new Promise((resolve) => {
      const run = (): void => {
        if (this.content.openIn === this.life) this.content.openIn = null;
        resolve();
      };
      const atMs = Math.max(this.lastWriteMs, scheduler.nowMs);
      scheduler.at(atMs, { label: "kv.close", life: this.life, run });
    });
  }

  private read<T>(label: string, take: () => T): Promise<T> {
    if (this.life.revoked) return never();
    if (this.closed) return Promise.reject(refuse("ECLOSED", this.path, "read store"));
    return new Promise((resolve, reject) => {
      const run = (): void => {
        if (this.disk.isBroken(this.path)) reject(refuse("EIO", this.path, "read store"));
        else resolve(take());
      };
      this.disk.scheduler.after(this.disk.random.between(...readMs), { label, life: this.life, run });
    });
  }

  private crash(): void {
    const kept = this.disk.random.below(this.underWay.length + 1);
    for (const changes of this.underWay.slice(0, kept)) this.apply(changes);
    this.disk.stats.kvWritesLost += this.underWay.length - kept;
    this.underWay.length = 0;
  }

  private apply(changes: readonly KvChange[]): void {
    for (const { key, value } of changes) {
      if (value === null) this.content.entries.delete(key);
      else this.content.entries.set(key, value);
    }
  }
}

/** Bytes that changes need on the disk, about. */
function roomFor(changes: readonly KvChange[]): number {
  return changes.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
}

function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
