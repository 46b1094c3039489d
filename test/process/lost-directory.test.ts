// test: one of a broker's two disks fails under load. The broker goes on with the other: its replicas of the
// lost disk begin anew there and are in sync again, without a restart, and nothing acknowledged is missing.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ClusterFolder } from "../../cli/launch/cluster-folder.ts";
import { createTopic, inSync, runCluster, temporaryFolder } from "./running-cluster.ts";
import { SteadyLoad } from "./steady-load.ts";

const layer = fileURLToPath(new URL("./broken-disk-layer.ts", import.meta.url));
const topic = "orders";

it("a lost log directory: its replicas move to the other one", { timeout: 180_000 }, async () => {
  using folders = temporaryFolder("ottla-disks-");
  const disks = folders.path;
  const path = join(disks, "cluster");
  const folder = new ClusterFolder(path);
  const second = (id: number): string => join(disks, `second-of-${id}`);
  const broken = join(disks, "broken");
  await using running = await runCluster({
    brokers: 3,
    path,
    settingsOf: ({ id }) => ({ "log.dirs": `${folder.dataPath(id)},${second(id)}` }),
    environment: {
      NODE_OPTIONS: `--import=${layer}`,
      OTTLA_TEST_BROKEN_WHILE: broken,
      OTTLA_TEST_BROKEN_FOLDER: second(2),
    },
  });
  const { cluster, admin } = running;
  await createTopic(admin, topic, 8, 3);
  const load = new SteadyLoad({ bootstrap: cluster.bootstrap, topic, perSecond: 500, keys: 50 });
  await load.progress(500);
  const heldBy2 = async () => {
    const directories = await admin.describeLogDirs();
    return directories
      .filter(({ brokerId }) => brokerId === 2)
      .map((one) => ({ isSecond: one.path === second(2), works: !one.error, count: one.replicas.length }));
  };
  expect((await heldBy2()).map(({ count }) => count)).toEqual([4, 4]);
  writeFileSync(broken, "");
  await load.progress(500);
  // It is out of the sets before it is in again.
  const log = (): string => readFileSync(cluster.folder.logPath(2), "utf8");
  const deadline = performance.now() + 30_000;
  while (!log().includes("begins anew in another")) {
    if (performance.now() > deadline) throw new Error("no replica began anew within 30 s");
    await load.progress(20);
  }
  await inSync(admin, topic, 3);
  await load.progress(200);
  await load.stop();
  expect(cluster.running.size).toBe(3);
  expect(load.failures).toEqual([]);
  expect(await heldBy2()).toEqual([
    { isSecond: false, works: true, count: 8 },
    { isSecond: true, works: false, count: 0 },
  ]);
  expect(await load.verdict()).toMatchObject({ missing: [], duplicated: [], outOfOrder: [], holds: true });
  // The disk is back: what is on it is old, and the replicas stay where they are.
  rmSync(broken);
  await cluster.stopBroker(2);
  cluster.startBroker(2);
  await cluster.ready({ timeoutMs: 60_000 });
  await inSync(admin, topic, 3);
  expect(await heldBy2()).toEqual([
    { isSecond: false, works: true, count: 8 },
    { isSecond: true, works: true, count: 0 },
  ]);
});
