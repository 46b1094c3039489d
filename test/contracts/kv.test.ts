// test: the key-value store's port, held by the real adapter and by the simulated one.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { MemoryDisk } from "../../base/memory/disk.ts";
import type { KeyValueStores } from "../../base/ports/kv.ts";
import { realStores } from "../../base/real/kv.ts";
import { createVirtualWorld } from "../../base/virtual/world.ts";

interface Subject {
  stores: KeyValueStores;
  path: string;
  settle: <T>(promise: Promise<T>) => Promise<T>;
  cleanUp: () => void;
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const textOf = (value: Uint8Array | null): string | null =>
  value === null ? null : Buffer.from(value).toString();

function kvContract(name: string, make: () => Subject): void {
  describe(`kv: ${name}`, () => {
    let subject: Subject | null = null;
    const start = (): Subject => (subject = make());
    afterEach(() => {
      subject?.cleanUp();
      subject = null;
    });

    it("keeps what was written, over a close", async () => {
      const { stores, path, settle } = start();
      const store = await settle(stores.open(path));
      expect(await settle(store.get("a"))).toBe(null);
      await settle(
        store.write([
          { key: "a", value: bytes("1") },
          { key: "b", value: bytes("") },
        ]),
      );
      await settle(store.close());
      const again = await settle(stores.open(path));
      expect(textOf(await settle(again.get("a")))).toBe("1");
      expect(textOf(await settle(again.get("b")))).toBe("");
      await settle(again.close());
    });

    it("deletes and replaces in one write, the later change of a key counting", async () => {
      const { stores, path, settle } = start();
      const store = await settle(stores.open(path));
      await settle(store.write([{ key: "a", value: bytes("1") }]));
      await settle(
        store.write([
          { key: "a", value: null },
          { key: "never", value: null },
          { key: "b", value: bytes("first") },
          { key: "b", value: bytes("second") },
        ]),
      );
      expect(await settle(store.get("a"))).toBe(null);
      expect(textOf(await settle(store.get("b")))).toBe("second");
      await settle(store.close());
    });

    it("answers ranges in the order of UTF-8 bytes, their end left out", async () => {
      const { stores, path, settle } = start();
      const store = await settle(stores.open(path));
      const keys = ["a", "b/1", "b/10", "b/2", "c", "\u{1f600}", "\uffee"];
      await settle(store.write(keys.map((key) => ({ key, value: bytes(key) }))));
      const range = async (from: string, to: string, limit: number): Promise<string[]> =>
        (await settle(store.range({ from, to, limit }))).map((item) => {
          expect(textOf(item.value)).toBe(item.key);
          return item.key;
        });
      expect(await range("b/", "c", 100)).toEqual(["b/1", "b/10", "b/2"]);
      expect(await range("a", "b/2", 2)).toEqual(["a", "b/1"]);
      expect(await range("d", "\u{10ffff}", 100)).toEqual(["\uffee", "\u{1f600}"]);
      expect(await range("x", "a", 100)).toEqual([]);
      await settle(store.close());
    });

    it("hands out values that belong to the caller", async () => {
      const { stores, path, settle } = start();
      const store = await settle(stores.open(path));
      await settle(store.write([{ key: "a", value: Buffer.from("keep") }]));
      (await settle(store.get("a")))!.fill(0);
      (await settle(store.range({ from: "a", to: "b", limit: 1 })))[0]!.value.fill(0);
      expect(textOf(await settle(store.get("a")))).toBe("keep");
      await settle(store.close());
    });

    it("carries out writes in the order they were asked for", async () => {
      const { stores, path, settle } = start();
      const store = await settle(stores.open(path));
      const writes = Array.from({ length: 50 }, (_, i) =>
        store.write([{ key: "a", value: bytes(String(i)) }]),
      );
      await settle(Promise.all(writes));
      expect(textOf(await settle(store.get("a")))).toBe("49");
      await settle(store.close());
    });

    it("opens a folder once at a time, and refuses a closed store", async () => {
      const { stores, path, settle } = start();
      const store = await settle(stores.open(path));
      await expect(settle(stores.open(path))).rejects.toThrow();
      await settle(store.close());
      await expect(settle(store.get("a"))).rejects.toThrow();
      await expect(settle(store.write([{ key: "a", value: null }]))).rejects.toThrow();
    });
  });
}

kvContract("real", () => {
  const root = mkdtempSync(join(tmpdir(), "ottla-kv-"));
  return {
    stores: realStores(),
    path: join(root, "store"),
    settle: (promise) => promise,
    cleanUp: () => rmSync(root, { recursive: true, force: true }),
  };
});

kvContract("virtual", () => {
  const world = createVirtualWorld({ seed: 1 });
  return {
    stores: world.addNode("n1").env.kv,
    path: "/data/store",
    settle: (promise) => world.run(promise),
    cleanUp: () => {},
  };
});

kvContract("memory", () => ({
  stores: new MemoryDisk().stores,
  path: "/data/store",
  settle: (promise) => promise,
  cleanUp: () => {},
}));
