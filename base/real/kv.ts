// adapter: LevelDB, loaded when the first store is opened. Writes are on disk before they resolve. A write
// for which the disk had no room may leave half a record at the end of LevelDB's own log, behind which
// nothing would be found again: the store is opened anew before anything else is written.
import { dirname } from "node:path";
import type { Level } from "level";
import { DiskError } from "../disk-error.ts";
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
  return new LevelStore(database, path);
}

class LevelStore implements KeyValueStore {
  private readonly database: Database;
  private readonly path: string;
  private mustReopen = false;

  constructor(database: Database, path: string) {
    this.database = database;
    this.path = path;
  }

  async get(key: string): Promise<Uint8Array | null> {
    return (await this.database.get(key)) ?? null;
  }

  async write(changes: readonly KvChange[]): Promise<void> {
    const batch = changes.map(({ key, value }) =>
      value === null ? { type: "del" as const, key } : { type: "put" as const, key, value },
    );
    try {
      if (this.mustReopen) await this.reopen();
      await this.database.batch(batch, { sync: true });
    } catch (error) {
      if (!isFull(error)) throw error;
      this.mustReopen = true;
      throw new DiskError({ code: "ENOSPC", path: this.path, doing: "write store", cause: error });
    }
  }

  private async reopen(): Promise<void> {
    if (this.database.status === "open") await this.database.close();
    await this.database.open();
    this.mustReopen = false;
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

/** LevelDB tells causes in words only. */
function isFull(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (/no space left on device|disk quota exceeded/i.test(at.message)) return true;
  return false;
}
