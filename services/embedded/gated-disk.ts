// shell: disk and stores as one life sees them: what it opened is closed at its end, what it asked for and
// was not answered stays unanswered.
import type { Disk, DiskFile, DiskLock } from "../../base/ports/disk.ts";
import type { KeyValueStore, KeyValueStores, KvChange } from "../../base/ports/kv.ts";
import { type BrokerLife, settled } from "./broker-life.ts";

export function gatedDisk(inner: Disk, life: BrokerLife): Disk {
  const checked =
    <A extends unknown[], R>(run: (...args: A) => R) =>
    (...args: A): R => {
      life.check();
      return run(...args);
    };
  const underWay = new PromiseSet(life);
  return {
    open: checked((path, options) => new GatedFile(inner.open(path, options), life, underWay)),
    list: checked((path) => inner.list(path)),
    exists: checked((path) => inner.exists(path)),
    isDirectory: checked((path) => inner.isDirectory(path)),
    makeDirectory: checked((path) => inner.makeDirectory(path)),
    rename: checked((from, to) => inner.rename(from, to)),
    replace: checked((from, to) => settled(life, underWay.watch(inner.replace(from, to)))),
    remove: checked((path) => inner.remove(path)),
    removeTree: checked((path) => inner.removeTree(path)),
    syncDirectory: checked((path) => settled(life, underWay.watch(inner.syncDirectory(path)))),
    lock: checked((path) => gatedLock(inner.lock(path), life)),
    freeBytes: checked((path) => inner.freeBytes(path)),
    totalBytes: checked((path) => inner.totalBytes(path)),
  };
}

export function gatedStores(inner: KeyValueStores, life: BrokerLife): KeyValueStores {
  const underWay = new PromiseSet(life);
  return {
    open: (path) => {
      life.check();
      const opened = inner.open(path).then((store) => {
        const takeBack = life.atEnd(() => store.close());
        return new GatedStore(store, life, takeBack);
      });
      return settled(life, underWay.watch(opened));
    },
  };
}

/** The end of a life waits for what it had under way, so that nothing works on after it. */
class PromiseSet {
  readonly #promises = new Set<Promise<unknown>>();

  constructor(life: BrokerLife) {
    life.atEnd(async () => void (await Promise.allSettled(this.#promises)));
  }

  watch<T>(promise: Promise<T>): Promise<T> {
    this.#promises.add(promise);
    const forget = (): void => void this.#promises.delete(promise);
    promise.then(forget, forget);
    return promise;
  }
}

class GatedFile implements DiskFile {
  readonly path: string;
  readonly #inner: DiskFile;
  readonly #life: BrokerLife;
  readonly #underWay: PromiseSet;
  readonly #takeBack: () => void;

  constructor(inner: DiskFile, life: BrokerLife, underWay: PromiseSet) {
    this.path = inner.path;
    this.#inner = inner;
    this.#life = life;
    this.#underWay = underWay;
    this.#takeBack = life.atEnd(() => inner.close());
  }

  size(): number {
    this.#life.check();
    return this.#inner.size();
  }

  writeAt(buffers: readonly Uint8Array[], position: number): void {
    this.#life.check();
    this.#inner.writeAt(buffers, position);
  }

  readAt(into: Uint8Array, position: number): number {
    this.#life.check();
    return this.#inner.readAt(into, position);
  }

  truncate(size: number): void {
    this.#life.check();
    this.#inner.truncate(size);
  }

  sync(): Promise<void> {
    this.#life.check();
    return settled(this.#life, this.#underWay.watch(this.#inner.sync()));
  }

  close(): void {
    this.#takeBack();
    this.#inner.close();
  }
}

function gatedLock(inner: DiskLock, life: BrokerLife): DiskLock {
  const takeBack = life.atEnd(() => inner.release());
  return {
    release: () => {
      takeBack();
      inner.release();
    },
  };
}

class GatedStore implements KeyValueStore {
  readonly #inner: KeyValueStore;
  readonly #life: BrokerLife;
  readonly #takeBack: () => void;

  constructor(inner: KeyValueStore, life: BrokerLife, takeBack: () => void) {
    this.#inner = inner;
    this.#life = life;
    this.#takeBack = takeBack;
  }

  get(key: string): Promise<Uint8Array | null> {
    this.#life.check();
    return settled(this.#life, this.#inner.get(key));
  }

  write(changes: readonly KvChange[]): Promise<void> {
    this.#life.check();
    return settled(this.#life, this.#inner.write(changes));
  }

  range(options: { from: string; to: string; limit: number }): Promise<{ key: string; value: Uint8Array }[]> {
    this.#life.check();
    return settled(this.#life, this.#inner.range(options));
  }

  close(): Promise<void> {
    this.#takeBack();
    return settled(this.#life, this.#inner.close());
  }
}
