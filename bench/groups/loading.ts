// adapter: loading of a partition of __consumer_offsets that holds the commits of many groups, when its
// broker starts again: the time that the broker's own log tells, and how long it takes from the start of the
// process until one of the commits is answered.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Admin } from "../../client/index.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { type Bench, compareSides } from "../compare.ts";
import { ask } from "../load/ask.ts";
import { runLoad } from "../load/run-load.ts";
import type { Measurement, Row } from "../measure/row.ts";
import type { BenchCluster } from "../systems/bench-cluster.ts";
import { createTopic } from "../topics.ts";
import { until } from "../until.ts";
import { commitLoad } from "./commits.ts";
import { type LoadTold, loadsIn } from "./load-lines.ts";
import { monotonicMs } from "./monotonic.ts";

export interface LoadingShape {
  groups: number;
  /** Offsets of each group. */
  partitions: number;
  flush: string;
}

/** What the clusters are started with: one partition for all groups, and room for them in Kafka's heap. */
export const loadingSettings = { "offsets.topic.num.partitions": "1" };
export const loadingEnvironment = { KAFKA_ANCHOR_HEAP: "-Xmx2g" };

const topic = "loading";
const broker = 1;
const answeredMs = 300_000;

/** On clusters of one broker that were started with `loadingSettings`; they are filled once. */
export async function measureLoading(
  bench: Bench,
  clusters: readonly BenchCluster[],
  shape: LoadingShape,
): Promise<Row[]> {
  const { groups, partitions, flush } = shape;
  const what = `${groups * partitions} commits of ${groups} groups in one partition`;
  const head = { unit: "ms", flush, isLowerBetter: true };
  const heads = {
    loaded: { ...head, name: `${what}: loaded after a restart, as the broker tells` },
    answered: { ...head, name: `${what}: start of the process until a commit is told` },
  };
  const filled = new Set<BenchCluster>();
  const sides = clusters.map((cluster) => ({
    name: cluster.system,
    measure: async () => {
      if (!filled.has(cluster)) await fill(bench, cluster, shape);
      filled.add(cluster);
      return await restart(cluster, shape);
    },
  }));
  return await compareSides(bench, heads, sides);
}

async function fill(bench: Bench, cluster: BenchCluster, shape: LoadingShape): Promise<void> {
  const { groups, partitions, flush } = shape;
  const beganMs = monotonicMs();
  {
    await using admin = new Admin({ bootstrap: cluster.bootstrap });
    await createTopic(admin, cluster.system, topic, { partitions, replicas: 1, flush });
  }
  await runLoad({
    ...commitLoad(bench, cluster, topic),
    ...{ groups, partitionsPerCommit: partitions, depth: 4, isEachOnce: true },
  });
  const seconds = Math.round((monotonicMs() - beganMs) / 1_000);
  bench.progress(`  ${cluster.system}: ${groups * partitions} commits written in ${seconds} s`);
}

async function restart(
  cluster: BenchCluster,
  { groups, partitions }: LoadingShape,
): Promise<Record<"loaded" | "answered", Measurement>> {
  // Kafka begins its log anew at each start, Ottla goes on.
  await cluster.terminate(broker);
  const before = cluster.system === "ottla" ? loadsOf(cluster).length : 0;
  const beganMs = monotonicMs();
  await cluster.revive(broker);
  await until("a commit is told", answeredMs, () => isTold(cluster.bootstrap));
  const answeredAfterMs = monotonicMs() - beganMs;
  const told = await lastLoad(cluster, before);
  if (told.records < groups * partitions) {
    throw new Error(`${told.records} records were loaded; it should be ${groups * partitions} at least`);
  }
  const also = { records: told.records };
  return { loaded: { value: told.tookMs, also }, answered: { value: answeredAfterMs, also } };
}

/** The offset of the first group, committed before the restart. */
async function isTold(bootstrap: string): Promise<boolean> {
  const groups = [{ groupId: `commits-of-${topic}-0`, topics: [{ name: topic, partitionIndexes: [0] }] }];
  const answer = await ask(bootstrap, apis.OffsetFetch, 8, { groups, requireStable: false });
  const group = answer.groups[0];
  return group?.errorCode === 0 && (group.topics[0]?.partitions[0]?.committedOffset ?? -1) >= 0;
}

async function lastLoad(cluster: BenchCluster, before: number): Promise<LoadTold> {
  // The line may be written a moment after the answer.
  for (let tries = 0; tries < 100; tries++) {
    const told = loadsOf(cluster).slice(before);
    if (told.length > 0) return told.at(-1)!;
    await sleep(50);
  }
  throw new Error("the broker's log tells of no loading");
}

function loadsOf({ system, dataFolder }: BenchCluster): LoadTold[] {
  if (dataFolder === null)
    throw new Error("the log of its broker is not known; use --kafka for this measurement");
  const [ottla, kafka] = [join(`broker-${broker}`, "broker.log"), join(`node${broker}`, "out.log")];
  const path = join(dataFolder, system === "ottla" ? ottla : kafka);
  return existsSync(path) ? loadsIn(system, readFileSync(path, "utf8").split("\n")) : [];
}
