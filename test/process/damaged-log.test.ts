// test: bytes of a broker's segments are changed on its disk, behind its back. It is found by checksum, the
// log is set aside and copied again from the leader, and no consumer ever gets to see it.
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createTopic, inSync, type RunningCluster, runCluster } from "./running-cluster.ts";
import { SteadyLoad } from "./steady-load.ts";

const topic = "orders";
const settings = { "log.segment.bytes": "65536" };

/** Turns one bit in the middle of a file. */
function damage(file: string): void {
  const descriptor = openSync(file, "r+");
  const position = Math.floor(statSync(file).size / 2);
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, position);
  byte[0]! ^= 4;
  writeSync(descriptor, byte, 0, 1, position);
  closeSync(descriptor);
}

const folderOf = (running: RunningCluster, id: number, partition: number): string =>
  join(running.cluster.folder.dataPath(id), `${topic}-${partition}`);

const segmentsOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".log"))
    .sort()
    .map((name) => join(folder, name));

const setAside = (running: RunningCluster, id: number): string[] =>
  readdirSync(running.cluster.folder.dataPath(id)).filter((name) => /-(aside|damaged)$/.test(name));

async function leaderOf(running: RunningCluster, partition: number): Promise<number> {
  const [described] = await running.admin.describeTopics([topic]);
  return described!.partitions[partition]!.leader;
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not so after 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function loaded(running: RunningCluster): Promise<SteadyLoad> {
  await createTopic(running.admin, topic, 1, 3);
  const load = new SteadyLoad({
    bootstrap: running.cluster.bootstrap,
    topic,
    perSecond: 2_000,
    keys: 20,
  });
  await load.progress(6_000);
  return load;
}

const sound = { missing: [], duplicated: [], outOfOrder: [], foreign: [], holds: true };

describe("damaged bytes", () => {
  it("in the last segment of a stopped follower", { timeout: 120_000 }, async () => {
    await using running = await runCluster({ brokers: 3, settings });
    const load = await loaded(running);
    const follower = ((await leaderOf(running, 0)) % 3) + 1;
    // Recovery points are written each second: what is damaged must be below one.
    await load.stop();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await running.cluster.kill(follower);
    damage(segmentsOf(folderOf(running, follower, 0)).at(-1)!);
    running.cluster.startBroker(follower);
    await running.cluster.ready({ timeoutMs: 60_000, only: follower });
    await inSync(running.admin, topic, 3);
    expect(setAside(running, follower)).toHaveLength(1);
    for (const id of [1, 2, 3]) if (id !== follower) await running.cluster.stopBroker(id);
    expect(running.cluster.running.size).toBe(1);
    for (const id of [1, 2, 3]) if (id !== follower) running.cluster.startBroker(id);
    await running.cluster.ready({ timeoutMs: 60_000 });
    expect(await load.verdict()).toMatchObject(sound);
  });

  it("in a cold segment of a running leader", { timeout: 120_000 }, async () => {
    await using running = await runCluster({ brokers: 3, settings });
    const load = await loaded(running);
    const leader = await leaderOf(running, 0);
    const folder = folderOf(running, leader, 0);
    expect(segmentsOf(folder).length).toBeGreaterThan(2);
    damage(segmentsOf(folder)[0]!);
    // The reader meets the damage, is given nothing of it, and goes on at the next leader.
    expect(await load.verdict(), "while running").toMatchObject({
      duplicated: [],
      outOfOrder: [],
      foreign: [],
    });
    await until(() => !running.cluster.running.has(leader), "the broker with the damaged disk ends");
    running.cluster.startBroker(leader);
    await running.cluster.ready({ timeoutMs: 60_000, only: leader });
    await inSync(running.admin, topic, 3);
    expect(setAside(running, leader)).toHaveLength(1);
    await load.progress(100);
    await load.stop();
    expect(await load.verdict()).toMatchObject(sound);
  });

  it("in the file that names a log's topic", { timeout: 120_000 }, async () => {
    await using running = await runCluster({ brokers: 3, settings });
    const load = await loaded(running);
    await load.stop();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await running.cluster.kill(2);
    const file = join(folderOf(running, 2, 0), "partition.metadata");
    const descriptor = openSync(file, "r+");
    writeSync(descriptor, "????", 0);
    writeSync(descriptor, "????", 12);
    closeSync(descriptor);
    running.cluster.startBroker(2);
    await running.cluster.ready({ timeoutMs: 60_000, only: 2 });
    await inSync(running.admin, topic, 3);
    expect(setAside(running, 2)).toHaveLength(1);
    expect(await load.verdict()).toMatchObject(sound);
  });
});
