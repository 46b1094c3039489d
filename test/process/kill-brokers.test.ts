// test: real processes, real `kill -9`, under a producing client: nothing acknowledged is missing, twice or
// out of order.
import { describe, expect, it } from "vitest";
import { createTopic, inSync, runCluster } from "./running-cluster.ts";
import { SteadyLoad } from "./steady-load.ts";

const rounds = Number(process.env.OTTLA_KILL_ROUNDS ?? 10);
const topic = "orders";

describe("killed brokers", () => {
  it(`each broker in turn, ${rounds} rounds, under load`, { timeout: 60_000 + rounds * 30_000 }, async () => {
    await using running = await runCluster({ brokers: 3 });
    const { cluster, admin } = running;
    await createTopic(admin, topic, 6, 3);
    const load = new SteadyLoad({ bootstrap: cluster.bootstrap, topic, perSecond: 1_000, keys: 50 });
    for (let round = 0; round < rounds; round++) {
      const id = (round % 3) + 1;
      await load.progress(200);
      await cluster.kill(id);
      await load.progress(200);
      cluster.startBroker(id);
      await cluster.ready({ timeoutMs: 60_000, only: id });
      await inSync(admin, topic, 3);
    }
    await load.stop();
    const verdict = await load.verdict();
    expect(load.failures).toEqual([]);
    expect(verdict).toMatchObject({ missing: [], duplicated: [], outOfOrder: [], foreign: [], holds: true });
    expect(verdict.read).toBeGreaterThanOrEqual(rounds * 400);
  });

  it("all brokers at once under load, and started again", { timeout: 120_000 }, async () => {
    await using running = await runCluster({ brokers: 3 });
    const { cluster, admin } = running;
    await createTopic(admin, topic, 6, 3);
    const load = new SteadyLoad({ bootstrap: cluster.bootstrap, topic, perSecond: 1_000, keys: 50 });
    await load.progress(1_000);
    await Promise.all([1, 2, 3].map((id) => cluster.kill(id)));
    for (const id of [1, 2, 3]) cluster.startBroker(id);
    await cluster.ready({ timeoutMs: 60_000 });
    await load.progress(500);
    await load.stop();
    const verdict = await load.verdict();
    expect(verdict).toMatchObject({ missing: [], duplicated: [], outOfOrder: [], foreign: [], holds: true });
    await inSync(admin, topic, 3);
  });
});
