// adapter: from the start of the processes to ready, and to the first acknowledged write. Folders are
// formatted before the clock starts; every turn is a new cluster, started cold, all brokers at once.
import { setTimeout as sleep } from "node:timers/promises";
import { realCodecs } from "../base/real/codecs.ts";
import { ErrorCode, errorName } from "../proto/errors.ts";
import { apis } from "../proto/kafka/apis.ts";
import type { Systems } from "./both-systems.ts";
import { type Bench, compareSides } from "./compare.ts";
import { PartitionWatch } from "./load/partition-watch.ts";
import { makeBatch, makeProduceFrame, produceVersions, readProduceAnswer } from "./load/produce-frames.ts";
import { Wire } from "./load/wire.ts";
import { cpuSecondsOfAll } from "./measure/process-stats.ts";
import type { Measurement, Row } from "./measure/row.ts";
import { sidesOf } from "./sides.ts";
import type { BenchCluster, StartBenchCluster } from "./systems/bench-cluster.ts";

const topic = "first";
const retryMs = 3;
const connectMs = 100;
/** A broker that starts may keep a request; then another one is asked. */
const patienceMs = 250;
const giveUpMs = 120_000;

export function measureStart(
  bench: Bench,
  systems: Systems,
  options: { brokers: number; isBuilt: boolean; flush: string },
): Promise<Row[]> {
  const { brokers, isBuilt, flush } = options;
  const what = `${brokers} broker(s), Ottla from ${isBuilt ? "the built package" : "the sources"}`;
  const head = { unit: "ms", flush, isLowerBetter: true };
  const heads = {
    ready: { ...head, name: `process start to ready, ${what}` },
    first: { ...head, name: `process start to first acknowledged write, ${what}` },
  };
  const settings = { "ottla.flush.policy": flush };
  const sides = sidesOf(systems, settings, (start, own) => startOnce(start, brokers, own));
  return compareSides(bench, heads, sides);
}

async function startOnce(
  start: StartBenchCluster,
  brokers: number,
  settings: Readonly<Record<string, string>>,
): Promise<Record<"ready" | "first", Measurement>> {
  const cluster = await start({ brokers, settings, isColdStart: true });
  try {
    if (Number.isNaN(cluster.spawnedMs)) throw new Error("it runs already; use --kafka for this measurement");
    const [ready, first] = await Promise.all([untilReady(cluster, brokers), untilWritten(cluster, brokers)]);
    return { ready, first };
  } finally {
    await cluster.stop();
  }
}

function sinceStart({ spawnedMs, pids }: BenchCluster): Measurement {
  const value = performance.now() - spawnedMs;
  return { value, also: { "server CPU s": cpuSecondsOfAll([...pids().values()]) } };
}

/** Every broker answers, and tells of all. */
async function untilReady(cluster: BenchCluster, brokers: number): Promise<Measurement> {
  const waits = cluster.bootstrap.split(",").map((address) =>
    again(async () => {
      const wire = await Wire.open(address, connectMs);
      try {
        for (;;) {
          const known = (await wire.ask(apis.Metadata, 7, { topics: [] })).brokers.length;
          if (known === brokers) return;
          await sleep(retryMs);
        }
      } finally {
        wire.close();
      }
    }),
  );
  await Promise.all(waits);
  return sinceStart(cluster);
}

/** A topic with as many replicas as there are brokers, and one record in it, on all of them. */
async function untilWritten(cluster: BenchCluster, brokers: number): Promise<Measurement> {
  const { bootstrap } = cluster;
  const addresses = bootstrap.split(",");
  let turn = 0;
  await again(() => createAt(addresses[turn++ % addresses.length]!, brokers));
  const watch = new PartitionWatch(bootstrap, topic);
  const batch = makeBatch({ records: 1, valueBytes: 100 }, realCodecs, Date.now());
  const frame = makeProduceFrame({ topic, partition: 0, acks: -1, version: produceVersions.min, batch });
  await again(async () => {
    const leader = await watch.look(() => true);
    if (leader === null) throw new Error(`nobody leads ${topic}`);
    const wire = await Wire.open(leader.leaderAddress, connectMs);
    try {
      const { errorCode } = readProduceAnswer(await wire.exchange(frame));
      if (errorCode !== 0) throw new Error(`the write was refused: ${errorName(errorCode)}`);
    } finally {
      wire.close();
    }
  });
  const first = sinceStart(cluster);
  watch.close();
  return first;
}

/** On one connection, until it is done or the broker does not answer soon. */
async function createAt(address: string, replicationFactor: number): Promise<void> {
  const wire = await Wire.open(address, connectMs);
  try {
    for (;;) {
      const timer = setTimeout(() => wire.close(), patienceMs);
      const { topics } = await wire.ask(apis.CreateTopics, 5, {
        topics: [{ name: topic, numPartitions: 1, replicationFactor, assignments: [], configs: [] }],
        timeoutMs: giveUpMs,
        validateOnly: false,
      });
      clearTimeout(timer);
      const code = topics[0]?.errorCode;
      if (code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS) return;
      await sleep(retryMs);
    }
  } finally {
    wire.close();
  }
}

async function again(attempt: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + giveUpMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(retryMs);
    }
  }
}
