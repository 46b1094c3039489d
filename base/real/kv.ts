// adapter: LevelDB, loaded when the first store is opened. Writes are on disk before they resolve.
import { dirname } from "node:path";
import type { Level } from "level";
import type { KeyValueStore, KeyValueStores, KvChange } from "../ports/kv.ts";
import { syncDirectory } from "./disk.ts";

type Database = Level<string, Uint8Array>;

export function realStores(): KeyValueStores {
  return { open };
}

async function open(path: string): Promise<KeyValueStore> {
  const { Level } = await import("level");
  const database: Database = new Level(path, { keyEncoding: "utf8", valueEncoding: "view" });
  await database.open();
  // LevelDB syncs its files and their folder; the folder's own name is ours to make last.
  await syncDirectory(dirname(path));
  return new LevelStore(database);
}

class LevelStore implements KeyValueStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async get(key: string): Promise<Uint8Array | null> {
    return (await this.database.get(key)) ?? null;
  }

  async write(changes: readonly KvChange[]): Promise<void> {
    const batch = changes.map(({ key, value }) =>
      value === null ? { type: "del" as const, key } : { type: "put" as const, key, value },
    );
    await this.database.batch(batch, { sync: true });
  }

  async range(options: {
    from: string;
    to: string;
    limit: number;
  }): Promise<{ key: string; value: Uint8Array }[]> {
    const { from, to, limit } = options;
    const found: { key: string; value: Uint8Array }[] = [];
    for await (const [key, value] of this.database.iterator({ gte: from, lt: to, limit })) {
      found.push({ key, value });
    }
    return found;
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
