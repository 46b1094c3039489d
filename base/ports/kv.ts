// port: a small ordered key-value store that survives a crash (LevelDB in production). For metadata snapshots
// and checkpoints, never on the data path.
//
// Buffers: values handed in belong to the store from then on; values handed out belong to the caller.

export type KvChange = { key: string; value: Uint8Array } | { key: string; value: null };

export interface KeyValueStore {
  get(key: string): Promise<Uint8Array | null>;
  /** All changes or none, on stable storage once it resolves. A null value deletes the key. */
  write(changes: readonly KvChange[]): Promise<void>;
  /** Keys in [from, to), in order, with their values; at most `limit`. */
  range(options: { from: string; to: string; limit: number }): Promise<{ key: string; value: Uint8Array }[]>;
  close(): Promise<void>;
}

export interface KeyValueStores {
  /** Opens, and makes if missing, the store in folder `path`. One open store a folder. */
  open(path: string): Promise<KeyValueStore>;
}
