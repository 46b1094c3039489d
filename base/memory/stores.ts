// adapter: key-value stores in memory, each in a folder of a disk in memory. A write is done at once.
import type { KeyValueStore, KeyValueStores, KvChange } from "../ports/kv.ts";
import { type FileTree, type Folder, refuse } from "./file-tree.ts";

interface Content {
  readonly entries: Map<string, Uint8Array>;
  isOpen: boolean;
}

export class MemoryStores implements KeyValueStores {
  readonly #tree: FileTree;
  readonly #contents = new WeakMap<Folder, Content>();

  constructor(tree: FileTree) {
    this.#tree = tree;
  }

  async open(path: string): Promise<KeyValueStore> {
    const folder = this.#tree.makeFolder(path);
    let content = this.#contents.get(folder);
    if (content === undefined) this.#contents.set(folder, (content = { entries: new Map(), isOpen: false }));
    if (content.isOpen) throw refuse("ELOCKED", path, "open store");
    content.isOpen = true;
    return new MemoryStore(path, content);
  }
}

class MemoryStore implements KeyValueStore {
  readonly #path: string;
  readonly #content: Content;
  #isClosed = false;

  constructor(path: string, content: Content) {
    this.#path = path;
    this.#content = content;
  }

  async get(key: string): Promise<Uint8Array | null> {
    const value = this.#entries("read").get(key);
    return value === undefined ? null : new Uint8Array(value);
  }

  async write(changes: readonly KvChange[]): Promise<void> {
    const entries = this.#entries("write");
    for (const { key, value } of changes) {
      if (value === null) entries.delete(key);
      else entries.set(key, value);
    }
  }

  async range(options: {
    from: string;
    to: string;
    limit: number;
  }): Promise<{ key: string; value: Uint8Array }[]> {
    const [from, to] = [Buffer.from(options.from), Buffer.from(options.to)];
    return [...this.#entries("read")]
      .map(([key, value]) => ({ key, order: Buffer.from(key), value }))
      .filter(({ order }) => Buffer.compare(order, from) >= 0 && Buffer.compare(order, to) < 0)
      .sort((a, b) => Buffer.compare(a.order, b.order))
      .slice(0, options.limit)
      .map(({ key, value }) => ({ key, value: new Uint8Array(value) }));
  }

  async close(): Promise<void> {
    if (!this.#isClosed) this.#content.isOpen = false;
    this.#isClosed = true;
  }

  #entries(doing: string): Map<string, Uint8Array> {
    if (this.#isClosed) throw refuse("ECLOSED", this.#path, `${doing} store`);
    return this.#content.entries;
  }
}
