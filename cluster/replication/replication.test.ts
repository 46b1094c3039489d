// test: three replicas, random appends, leader moves, crashes, cuts and black holes; after every event
// nothing committed may have changed, and after healing everything converges.
import { describe, expect, it } from "vitest";
import { VirtualCluster, type VirtualNode } from "../../test/replication/virtual-cluster.ts";

const seeds = 100;

async function storm(cluster: VirtualCluster, steps: number): Promise<void> {
  const { random, time, nodes, controller } = cluster;
  const faults = {
    crash: random.chance(0.7),
    powerCut: random.chance(0.7) && cluster.options.flushPolicy === "durable",
    moves: random.chance(0.7),
    cuts: random.chance(0.6),
    blackHoles: random.chance(0.4),
    falseFences: random.chance(0.4),
    slow: random.chance(0.3),
    slowMetadata: random.chance(0.3),
    isolation: random.chance(0.5),
    blackouts: random.chance(0.4),
  };
  if (faults.slow) cluster.delayMs = [1, 60];
  if (faults.slowMetadata) cluster.imageDelayMs = [1, 250];
  const down = (node: VirtualNode, fencedWithinMs: number): void => {
    const powerCut = faults.powerCut && (faults.blackouts || random.chance(0.5));
    node.crash({ keepsCache: !powerCut });
    time.after(random.between(1, fencedWithinMs), () => {
      if (!node.isUp) controller.fence(node.nodeId);
    });
    time.after(random.between(5, 900), () => {
      if (!node.isUp) cluster.restart(node);
    });
  };
  for (let step = 0; step < steps; step++) {
    const index = random.between(0, cluster.options.partitions - 1);
    const appends = random.between(0, 4);
    for (let count = 0; count < appends; count++)
      void cluster.produce(index, { acks: random.chance(0.7) ? -1 : 1 });
    await time.run(random.between(0, 30));
    const node = random.pick(nodes);
    const other = random.pick(nodes);
    if (node.isUp && faults.crash && random.chance(0.03)) down(node, 300);
    if (faults.blackouts && random.chance(0.01)) for (const one of nodes) if (one.isUp) down(one, 300);
    if (faults.isolation && cluster.isolated.size === 0 && random.chance(0.03)) isolate(cluster, node);
    if (faults.moves && random.chance(0.06))
      controller.moveLeader("AAAAAAAAAAAAAAAAAAAAAQ", index, node.nodeId);
    if (faults.cuts && random.chance(0.05)) for (const stream of node.streams) stream.cut();
    if (faults.blackHoles && node !== other && random.chance(0.02)) {
      const key = `${node.nodeId}>${other.nodeId}`;
      cluster.blackHoles.add(key);
      time.after(random.between(100, 1500), () => cluster.blackHoles.delete(key));
    }
    if (faults.falseFences && node.isUp && random.chance(0.02)) {
      controller.fence(node.nodeId);
      const incarnation = node.incarnationId;
      time.after(random.between(50, 500), () => controller.unfence(node.nodeId, incarnation));
    }
  }
}

/**
 * Cut off from the controller, and perhaps from one other: leads on in its epoch until the news reaches it.
 */
function isolate(cluster: VirtualCluster, node: VirtualNode): void {
  const { random, time, controller, blackHoles } = cluster;
  const id = node.nodeId;
  cluster.isolated.add(id);
  const other = random.pick(cluster.nodes).nodeId;
  const lanes = random.chance(0.7) ? [`${id}>${other}`, `${other}>${id}`] : [];
  for (const lane of lanes) blackHoles.add(lane);
  time.after(random.between(200, 1500), () => controller.fence(id));
  time.after(random.between(300, 2500), () => {
    cluster.isolated.delete(id);
    for (const lane of lanes) blackHoles.delete(lane);
    const incarnation = node.incarnationId;
    time.after(random.between(10, 200), () => controller.unfence(id, incarnation));
  });
}

async function heal(cluster: VirtualCluster): Promise<void> {
  cluster.blackHoles.clear();
  cluster.isolated.clear();
  cluster.delayMs = [1, 6];
  cluster.imageDelayMs = [1, 25];
  await cluster.time.run(3000);
  const { controller } = cluster;
  for (const node of cluster.nodes) {
    if (!node.isUp) cluster.restart(node);
    else controller.unfence(node.nodeId, node.incarnationId);
  }
  await cluster.time.run(10_000);
  for (let index = 0; index < cluster.options.partitions; index++) {
    const done = cluster.produce(index, { acks: -1, timeoutMs: 5000 });
    await cluster.time.run(3000);
    expect(await done, `partition ${index} takes writes again`).toBe(true);
  }
  await cluster.time.run(2000);
}

describe("replication under random trouble", () => {
  for (let seed = 1; seed <= seeds; seed++) {
    it(`keeps what is committed, and heals (seed ${seed})`, async () => {
      const cluster = new VirtualCluster({
        seed,
        partitions: 1 + (seed % 3),
        flushPolicy: seed % 4 === 0 ? "os" : "durable",
        minInsyncReplicas: seed % 3 === 0 ? 1 : 2,
        syncMs: seed % 2 === 0 ? [1, 8] : [5, 80],
      });
      await cluster.time.run(1000);
      await storm(cluster, 250);
      await heal(cluster);
      cluster.checkConverged();
      expect(cluster.acknowledged.length).toBeGreaterThan(0);
    });
  }
});
