// test: snapshots as bytes, and in the store: the latest counts, half ones do not, damage is found.
import { describe, expect, it } from "vitest";
import { limits } from "../../../base/limits.ts";
import type { KeyValueStore } from "../../../base/ports/kv.ts";
import { realCodecs } from "../../../base/real/codecs.ts";
import { virtualEnv } from "../../../base/virtual/world.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "./snapshot-bytes.ts";
import { SnapshotStore } from "./snapshot-store.ts";

const directoryId = Buffer.alloc(16, 7).toString("base64url");
const snapshot = (end: number, bytes: number): Snapshot => ({
  end,
  epoch: 3,
  voters: [{ id: 1, directoryId, host: "h", port: 9 }],
  state: Buffer.alloc(bytes, end),
});
const encode = (one: Snapshot): Uint8Array => encodeSnapshot(one, realCodecs);

describe("a snapshot as bytes", () => {
  it("comes back as it was, with and without voters", () => {
    for (const one of [snapshot(5, 100), { ...snapshot(6, 0), voters: null }]) {
      const read = decodeSnapshot(encode(one), realCodecs);
      expect({ ...read, state: Buffer.from(read.state) }).toEqual(one);
    }
  });

  it("is refused when any byte of it is damaged, or cut off", () => {
    const bytes = encode(snapshot(5, 40));
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = bytes.slice();
      damaged[at]! ^= 16;
      expect(() => decodeSnapshot(damaged, realCodecs)).toThrow();
      expect(() => decodeSnapshot(bytes.subarray(0, at), realCodecs)).toThrow();
    }
  });
});

describe("the snapshot store", () => {
  const size = limits.raftSnapshotPieceBytes * 2 + 5;

  it("keeps the latest over a crash, and pieces of the one before", async () => {
    const { world, env, node } = virtualEnv({ seed: 1 });
    const open = async (kv: KeyValueStore): Promise<SnapshotStore> => new SnapshotStore(kv, realCodecs);
    const store = await world.run(env.kv.open("/s").then(open));
    for (const end of [5, 6, 7]) await world.run(store.save({ end, epoch: 3 }, encode(snapshot(end, size))));
    expect(await world.run(store.piece({ end: 5, epoch: 3 }, 0))).toBeNull();
    expect((await world.run(store.piece({ end: 6, epoch: 3 }, 0)))?.last).toBe(false);
    const last = await world.run(store.piece({ end: 7, epoch: 3 }, limits.raftSnapshotPieceBytes * 2));
    expect(last?.last).toBe(true);
    expect(await world.run(store.piece({ end: 7, epoch: 3 }, 17))).toBeNull();
    void store.save({ end: 8, epoch: 3 }, encode(snapshot(8, size)));
    await world.runFor(1);
    node.crash({ kind: "power" });
    const again = node.start();
    const kv = await world.run(again.kv.open("/s"));
    const loaded = await world.run(new SnapshotStore(kv, realCodecs).load());
    expect(loaded?.end).toBe(7);
    const left = await world.run(kv.range({ from: "snapshot/", to: "snapshot0", limit: 100 }));
    expect(left.every(({ key }) => key.includes("0007-3"))).toBe(true);
  });

  it("has none at first, and says what is missing", async () => {
    const { world, env } = virtualEnv({ seed: 2 });
    const kv = await world.run(env.kv.open("/s"));
    const store = new SnapshotStore(kv, realCodecs);
    expect(await world.run(store.load())).toBeNull();
    await world.run(store.save({ end: 5, epoch: 3 }, encode(snapshot(5, size))));
    await world.run(kv.write([{ key: "snapshot/0000000000000005-3/000001", value: null }]));
    await expect(world.run(new SnapshotStore(kv, realCodecs).load())).rejects.toThrow("lacks piece 1");
  });
});
