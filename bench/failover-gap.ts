// adapter: how long a producer waits for an acknowledgement when the leader of its partition is killed.
import { Admin, Producer } from "../client/index.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";

/**
 * Longest gaps between acknowledgements in ms, one a round. The killed broker is back and in sync before the
 * next round.
 */
export async function measureFailover(cluster: BenchCluster, rounds: number): Promise<number[]> {
  const topic = "failover";
  await using admin = new Admin({ bootstrap: cluster.bootstrap });
  await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 3 }]);
  await admin.waitForTopic(topic);
  await using producer = new Producer({ bootstrap: cluster.bootstrap, acks: "all" });
  const gaps: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await inSync(admin, topic);
    const [described] = await admin.describeTopics([topic]);
    const { leader } = described!.partitions[0]!;
    gaps.push(Math.round(await longestGap(producer, topic, () => cluster.kill(leader))));
    await cluster.revive(leader);
  }
  return gaps;
}

/** Sends one record after the other, each once the one before is acknowledged. */
async function longestGap(producer: Producer, topic: string, kill: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let killed = Number.POSITIVE_INFINITY;
  for (let n = 0; performance.now() < killed + 500 || longest < 20; n++) {
    if (n === 100) {
      killed = performance.now();
      void kill();
    }
    await producer.send({ topic, key: "gap", value: String(n) });
    const now = performance.now();
    if (n >= 100) longest = Math.max(longest, now - last);
    last = now;
    if (now > killed + 60_000) break;
  }
  return longest;
}

async function inSync(admin: Admin, topic: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const [described] = await admin.describeTopics([topic]);
    if (described!.partitions[0]!.isr.length === 3) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${topic} is not in sync after 60 s`);
}
