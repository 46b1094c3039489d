// adapter: the main part of the demo: stream the input, kill the leader of the busiest partition in the
// middle, tell what happens, bring the broker back, compare the logs, read everything back and judge.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Admin, Consumer, Producer } from "../../client/index.ts";
import type { DevCluster } from "../launch/dev-cluster.ts";
import { ClusterFailure } from "../usage-error.ts";
import { compareLogs } from "./compare-logs.ts";
import { Deliveries } from "./deliveries.ts";
import { startFeed } from "./feed.ts";
import type { Screen } from "./screen.ts";
import type { SourceRecord } from "./source.ts";
import { tell } from "./tell.ts";
import { holds, type Seen, type Verdict, verify } from "./verify.ts";
import { TimelineWatch } from "./watch-timeline.ts";

export const demoTopic = "flights";
const partitions = 6;

export interface FailoverResult {
  held: boolean;
  records: number;
  acknowledged: number;
  acknowledgedAtKill: number;
  unsentAtKill: number;
  inFlightAtKill: number;
  killedBroker: number;
  busiestPartition: number;
  longestGapMs: number;
  caughtUpMs: number;
  consumedLive: number;
  logs: { partition: number; bytes: number; batches: number; difference: string }[];
  verdict: Verdict;
}

interface Stage {
  cluster: DevCluster;
  admin: Admin;
  source: readonly SourceRecord[];
  screen: Screen;
}

export async function runFailover(stage: Stage): Promise<FailoverResult> {
  const { cluster, admin, source, screen } = stage;
  await admin.createTopics([
    // The flights are of 2001: without this they would be older than any retention.
    { name: demoTopic, partitions, replicationFactor: 3, configs: { "retention.ms": "-1" } },
  ]);
  await admin.waitForTopic(demoTopic);
  screen.line(`topic ${demoTopic}: ${partitions} partitions, 3 replicas, acks=all`);

  const deliveries = new Deliveries();
  const producer = new Producer({ bootstrap: cluster.bootstrap, acks: "all", lingerMs: 5 });
  const live = await consumeLive(cluster);
  screen.title(`${source.length.toLocaleString("en")} records stream in, and are consumed as they come`);
  const feed = startFeed({ producer, source, topic: demoTopic, deliveries, perSecond: 2_500 });
  const kill = await killTheBusiestLeader(stage, feed, deliveries);
  await feed.done;
  await producer.flush();
  kill.watch.stop();
  screen.line(`all sent: ${deliveries.acknowledged.size} acknowledged, ${deliveries.failed.size} failed`);
  const gap = deliveries.longestGap();
  screen.line(`longest gap the producer felt: ${Math.round(gap.ms)} ms`);
  await producer.close();

  const caughtUpMs = await bringBack(stage, kill.broker);
  screen.title("Verified");
  const logs = await compareAll(stage);
  const seen = await readBack(cluster);
  const sent = new Map(
    source.slice(0, deliveries.sent).map(({ number, key, value }) => [number, { key, value }]),
  );
  const verdict = verify({ sent, acknowledged: deliveries.acknowledged, seen });
  report(screen, verdict, logs);
  const consumedLive = await live.stop();
  screen.line(`${consumedLive} records had been consumed live`);
  return {
    held: holds(verdict) && logs.every((log) => log.difference === "") && consumedLive === verdict.read,
    records: source.length,
    acknowledged: deliveries.acknowledged.size,
    ...kill.moment,
    killedBroker: kill.broker,
    busiestPartition: kill.partition,
    longestGapMs: Math.round(gap.ms),
    caughtUpMs,
    consumedLive,
    logs,
    verdict,
  };
}

async function killTheBusiestLeader(
  stage: Stage,
  feed: ReturnType<typeof startFeed>,
  deliveries: Deliveries,
) {
  const { cluster, admin, source, screen } = stage;
  await feed.until(() => deliveries.acknowledged.size >= 7_000 && deliveries.inFlight() > 0);
  const partition = feed.busiest();
  const [topic] = await admin.describeTopics([demoTopic]);
  const broker = topic!.partitions[partition]!.leader;
  const watch = new TimelineWatch({
    brokers: cluster.brokers.filter((entry) => entry.id !== broker),
    everyMs: 40,
    onEvent: (event) => {
      const text = event.wallMs >= killedAtMs ? tell(event) : null;
      if (text !== null) screen.event(event.wallMs, text);
    },
  });
  let killedAtMs = Number.POSITIVE_INFINITY;
  await watch.poll();
  await feed.until(() => deliveries.inFlight() > 0);
  const moment = {
    acknowledgedAtKill: deliveries.acknowledged.size,
    unsentAtKill: source.length - deliveries.sent,
    inFlightAtKill: deliveries.inFlight(),
  };
  if (moment.unsentAtKill < 5_000 || moment.acknowledgedAtKill < 5_000) {
    throw new ClusterFailure(`the kill came at the wrong moment: ${JSON.stringify(moment)}`);
  }
  killedAtMs = Date.now();
  const killed = cluster.kill(broker);
  screen.title(`kill -9 of broker ${broker}, the leader of ${demoTopic}-${partition}, the busiest partition`);
  screen.countFrom(killedAtMs);
  screen.event(
    killedAtMs,
    `killed: ${moment.acknowledgedAtKill} acknowledged, ${moment.inFlightAtKill} in flight, ` +
      `${moment.unsentAtKill} not yet sent`,
  );
  feed.onFirstAcknowledged(partition, () => {
    screen.event(Date.now(), `first record of ${demoTopic}-${partition} acknowledged again`);
  });
  await killed;
  return { broker, partition, watch, moment };
}

async function bringBack(stage: Stage, broker: number): Promise<number> {
  const { cluster, admin, screen } = stage;
  screen.title(`Broker ${broker} starts again`);
  const began = performance.now();
  cluster.startBroker(broker);
  await cluster.ready({ timeoutMs: 60_000, only: broker });
  screen.line(`ready after ${Math.round(performance.now() - began)} ms`);
  const deadline = began + 60_000;
  for (;;) {
    const [topic] = await admin.describeTopics([demoTopic]);
    if (topic!.partitions.every((partition) => partition.isr.length === 3)) break;
    if (performance.now() > deadline)
      throw new ClusterFailure(`broker ${broker} is not in every in-sync set after 60 s`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const took = Math.round(performance.now() - began);
  screen.line(`every replica in sync after ${took} ms`);
  return took;
}

async function compareAll(stage: Stage) {
  const { cluster, admin } = stage;
  const ends = await admin.listOffsets({ topic: demoTopic, at: "latest" });
  return ends.map(({ partition, offset }) =>
    compareLogs({
      partition,
      highWatermark: offset,
      folders: cluster.brokers.map((broker) => ({
        broker: broker.id,
        path: partitionFolder(cluster, broker.id, partition),
      })),
    }),
  );
}

function partitionFolder(cluster: DevCluster, broker: number, partition: number): string {
  const data = cluster.folder.dataPath(broker);
  const name = readdirSync(data).find((entry) => entry === `${demoTopic}-${partition}`);
  if (name === undefined)
    throw new ClusterFailure(`broker ${broker} has no log of ${demoTopic}-${partition} in ${data}`);
  return join(data, name);
}

async function readBack(cluster: DevCluster): Promise<Seen[]> {
  const consumer = new Consumer({ bootstrap: cluster.bootstrap });
  const seen: Seen[] = [];
  try {
    await consumer.assign([{ topic: demoTopic, from: "earliest" }]);
    for await (const record of consumer.readToEnd()) seen.push(toSeen(record));
  } finally {
    await consumer.close();
  }
  return seen;
}

async function consumeLive(cluster: DevCluster): Promise<{ stop(): Promise<number> }> {
  const consumer = new Consumer({ bootstrap: cluster.bootstrap });
  await consumer.assign([{ topic: demoTopic, from: "earliest" }]);
  const ends = new AbortController();
  let count = 0;
  let lastMs = performance.now();
  const reading = (async () => {
    for await (const _ of consumer.records({ signal: ends.signal })) {
      count++;
      lastMs = performance.now();
    }
  })();
  return {
    async stop() {
      // Live consumption is at its end when nothing new came for a while.
      while (performance.now() - lastMs < 1_000) await new Promise((resolve) => setTimeout(resolve, 50));
      ends.abort();
      await reading;
      await consumer.close();
      return count;
    },
  };
}

interface ReadRecord {
  partition: number;
  offset: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: readonly { key: string; value: Uint8Array | null }[];
}

function toSeen(record: ReadRecord): Seen {
  const number = record.headers.find((header) => header.key === "number")?.value;
  const text = (bytes: Uint8Array | null | undefined): string =>
    bytes ? Buffer.from(bytes).toString("utf8") : "";
  return {
    number: number ? Number(text(number)) : -1,
    key: text(record.key),
    value: text(record.value),
    partition: record.partition,
    offset: record.offset,
  };
}

function report(screen: Screen, verdict: Verdict, logs: FailoverResult["logs"]): void {
  const bytes = logs.reduce((sum, log) => sum + log.bytes, 0);
  const different = logs.filter((log) => log.difference !== "");
  screen.line(
    `logs of the three brokers: ${(bytes / 1e6).toFixed(2)} MB each, ` +
      `${different.length === 0 ? "equal byte for byte" : "DIFFERENT"}`,
  );
  for (const log of different) screen.line(`  partition ${log.partition}: ${log.difference}`);
  screen.line(`${verdict.read} records read back`);
  screen.line(`${verdict.missing.length} acknowledged records missing, ${verdict.duplicated.length} twice`);
  screen.line(
    `${verdict.outOfOrder.length} out of order within their key, ${verdict.foreign.length} never sent`,
  );
  for (const text of [...verdict.outOfOrder, ...verdict.foreign].slice(0, 5)) screen.line(`  ${text}`);
}
