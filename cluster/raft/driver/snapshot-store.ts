// shell: snapshots in the key-value store, in pieces as they are sent. A snapshot counts once the "current"
// entry names it, and that is written after all its pieces; the one before it stays for transfers under way.
//
//   snapshot/END-EPOCH/INDEX -> a piece        current -> "END-EPOCH pieces"
import { isDiskFull } from "../../../base/disk-error.ts";
import { limits } from "../../../base/limits.ts";
import type { Codecs } from "../../../base/ports/codecs.ts";
import type { KeyValueStore } from "../../../base/ports/kv.ts";
import type { SnapshotMark } from "../core/words.ts";
import { decodeSnapshot, type Snapshot } from "./snapshot-bytes.ts";

const currentKey = "current";
const keysPerRead = 16;
const pieceBytes = limits.raftSnapshotPieceBytes;

export class SnapshotStore {
  private readonly store: KeyValueStore;
  private readonly codecs: Codecs;
  /** The latest first; at most two. */
  private kept: { name: string; pieces: number }[] = [];
  private work: Promise<unknown> = Promise.resolve();

  constructor(store: KeyValueStore, codecs: Codecs) {
    this.store = store;
    this.codecs = codecs;
  }

  /** The latest snapshot, null when there is none. Throws an Error when it is damaged. */
  async load(): Promise<Snapshot | null> {
    const current = await this.store.get(currentKey);
    if (current === null) {
      await this.removeOthers();
      return null;
    }
    const [name, count] = Buffer.from(current).toString().split(" ");
    const pieces = Number(count);
    const parts: Uint8Array[] = [];
    for (let index = 0; index < pieces; index += 1) {
      const part = await this.store.get(keyOf(name!, index));
      if (part === null) throw new Error(`the metadata snapshot ${name} lacks piece ${index} of ${pieces}`);
      parts.push(part);
    }
    const snapshot = decodeSnapshot(Buffer.concat(parts), this.codecs);
    this.kept = [{ name: name!, pieces }];
    await this.removeOthers();
    return snapshot;
  }

  /** On stable storage, and the latest, once it resolves. Saves run one after the other. */
  save(mark: SnapshotMark, bytes: Uint8Array): Promise<void> {
    const saved = this.work.then(() => this.write(nameOf(mark), bytes));
    this.work = saved.catch(() => {});
    return saved;
  }

  /** Null when that snapshot is not kept any more or has no piece there. */
  async piece(mark: SnapshotMark, position: number): Promise<{ payload: Uint8Array; last: boolean } | null> {
    const found = this.kept.find(({ name }) => name === nameOf(mark));
    const index = position / pieceBytes;
    if (found === undefined || !Number.isInteger(index) || index >= found.pieces) return null;
    const payload = await this.store.get(keyOf(found.name, index));
    return payload === null ? null : { payload, last: index === found.pieces - 1 };
  }

  async close(): Promise<void> {
    await this.work;
    await this.store.close();
  }

  private async write(name: string, bytes: Uint8Array): Promise<void> {
    if (this.kept[0]?.name === name) return;
    const pieces = Math.ceil(bytes.length / pieceBytes);
    for (let index = 0; index < pieces; index += 1) {
      const value = bytes.slice(index * pieceBytes, (index + 1) * pieceBytes);
      await this.store.write([{ key: keyOf(name, index), value }]);
    }
    await this.store.write([{ key: currentKey, value: Buffer.from(`${name} ${pieces}`) }]);
    const kept = [{ name, pieces }, ...this.kept.filter((one) => one.name !== name)];
    this.kept = kept.slice(0, 2);
    for (const old of kept.slice(2)) {
      const keys = Array.from({ length: old.pieces }, (_, index) => keyOf(old.name, index));
      await this.store.write(keys.map((key) => ({ key, value: null })));
    }
  }

  /** False: even for that the disk has no room; the next start tries again. */
  private async remove(keys: readonly string[]): Promise<boolean> {
    try {
      await this.store.write(keys.map((key) => ({ key, value: null })));
      return true;
    } catch (error) {
      if (isDiskFull(error)) return false;
      throw error;
    }
  }

  /** At start: older ones, and pieces of snapshots that never became whole. */
  private async removeOthers(): Promise<void> {
    const keep = this.kept.map(({ name }) => `snapshot/${name}/`);
    let from = "snapshot/";
    for (;;) {
      // Values come with the keys, so few at a time.
      const found = await this.store.range({ from, to: "snapshot0", limit: keysPerRead });
      const old = found.filter(({ key }) => !keep.some((prefix) => key.startsWith(prefix)));
      if (old.length > 0 && !(await this.remove(old.map(({ key }) => key)))) return;
      const last = found.at(-1);
      if (last === undefined || found.length < keysPerRead) return;
      from = `${last.key}\u0000`;
    }
  }
}

function nameOf({ end, epoch }: SnapshotMark): string {
  return `${String(end).padStart(16, "0")}-${epoch}`;
}

function keyOf(name: string, index: number): string {
  return `snapshot/${name}/${String(index).padStart(6, "0")}`;
}
