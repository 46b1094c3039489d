// test: all brokers lose their power at once: what they wrote and did not sync is gone. Nothing acknowledged
// may be; and on disks that only say that they sync, it must be, or this test could not fail.
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createTopic, inSync, type RunningCluster, runCluster } from "./running-cluster.ts";
import { SteadyLoad } from "./steady-load.ts";

const topic = "orders";
const layer = fileURLToPath(new URL("./power-cut.ts", import.meta.url));

async function begin({ cluster, admin }: RunningCluster): Promise<SteadyLoad> {
  await createTopic(admin, topic, 6, 3);
  return new SteadyLoad({ bootstrap: cluster.bootstrap, topic, perSecond: 500, keys: 50 });
}

async function cut({ cluster }: RunningCluster, load: SteadyLoad, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await load.progress(500);
    await Promise.all([1, 2, 3].map((id) => cluster.kill(id)));
    for (const id of [1, 2, 3]) cluster.startBroker(id);
    await cluster.ready({ timeoutMs: 60_000 });
  }
}

describe("power cuts of all brokers at once", () => {
  it("lose no acknowledged record", { timeout: 180_000 }, async () => {
    await using running = await runCluster({
      brokers: 3,
      environment: { NODE_OPTIONS: `--import=${layer}` },
    });
    const load = await begin(running);
    await cut(running, load, 3);
    await load.progress(200);
    await load.stop();
    const verdict = await load.verdict();
    expect(verdict).toMatchObject({ missing: [], duplicated: [], outOfOrder: [], foreign: [], holds: true });
    await inSync(running.admin, topic, 3);
  });

  it("lose acknowledged records when syncs of their files do nothing", { timeout: 180_000 }, async () => {
    await using running = await runCluster({
      brokers: 3,
      environment: { NODE_OPTIONS: `--import=${layer}`, OTTLA_TEST_IGNORE_SYNC: `/${topic}-` },
    });
    const load = await begin(running);
    // Logs that end before their recovery points are not served at all: that is a loss too.
    const afterwards = async (): Promise<string> => {
      await cut(running, load, 1);
      const { missing } = await load.verdict();
      return missing.length > 0 ? "lost" : "nothing lost";
    };
    const outcome = await Promise.race([
      afterwards().catch(() => "lost"),
      new Promise((resolve) => setTimeout(() => resolve("lost"), 40_000)),
    ]);
    load.abandon();
    expect(outcome).toBe("lost");
  });
});
