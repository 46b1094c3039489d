// test: a leader that is stopped (SIGSTOP) for longer than its session is fenced and replaced; when it runs
// again it acknowledges nothing that the others do not have, and comes back in sync. So does one that hears
// everything and is heard by nobody.
import { describe, expect, it } from "vitest";
import { Admin } from "../../client/index.ts";
import { runProxiedCluster } from "./proxied-cluster.ts";
import { createTopic, inSync, type RunningCluster, runCluster } from "./running-cluster.ts";
import { SteadyLoad } from "./steady-load.ts";

const topic = "orders";
const sound = { missing: [], duplicated: [], outOfOrder: [], foreign: [], holds: true };

async function leaderOf({ admin }: RunningCluster): Promise<number> {
  return (await admin.describeTopics([topic]))[0]!.partitions[0]!.leader;
}

async function otherLeaderThan(running: RunningCluster, old: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const leader = await leaderOf(running);
    if (leader >= 0 && leader !== old) return;
    if (performance.now() > deadline) throw new Error(`broker ${old} still leads after 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("a leader that is not heard", () => {
  it("stopped for longer than its session, and let go", { timeout: 120_000 }, async () => {
    await using running = await runCluster({ brokers: 3 });
    await createTopic(running.admin, topic, 1, 3);
    const load = new SteadyLoad({ bootstrap: running.cluster.bootstrap, topic, perSecond: 500, keys: 20 });
    for (let round = 0; round < 3; round++) {
      await load.progress(300);
      const leader = await leaderOf(running);
      running.cluster.pause(leader);
      try {
        await otherLeaderThan(running, leader);
        await load.progress(300);
      } finally {
        running.cluster.resume(leader);
      }
      await inSync(running.admin, topic, 3);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await load.verdict()).toMatchObject(sound);
  });

  it("cut off one way: it hears its peers, and they do not hear it", { timeout: 120_000 }, async () => {
    await using running = await runProxiedCluster({ brokers: 3 });
    const { proxy } = running;
    await createTopic(running.admin, topic, 1, 3);
    const load = new SteadyLoad({ bootstrap: running.bootstrap, topic, perSecond: 500, keys: 20 });
    for (const hears of [true, false]) {
      await load.progress(300);
      const leader = await leaderOf(running);
      const rest = [1, 2, 3].filter((id) => id !== leader);
      const others = new Admin({ bootstrap: running.cluster.broker(rest[0]!).kafka });
      for (const other of rest) proxy.cut(hears ? leader : other, hears ? other : leader);
      // Which leader a client believes in meanwhile depends on whom it asks; that another one leads does not.
      try {
        await otherLeaderThan({ ...running, admin: others }, leader);
        await new Promise((resolve) => setTimeout(resolve, 2_000));
      } finally {
        proxy.mendAll();
        await others.close();
      }
      await load.progress(300);
      await inSync(running.admin, topic, 3);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await load.verdict()).toMatchObject(sound);
  });
});
