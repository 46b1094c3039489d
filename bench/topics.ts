// adapter: the topics a measurement writes to: made for it, led and in sync before the clock starts, gone
// after.
import { readdirSync } from "node:fs";
import { Admin } from "../client/index.ts";
import { BrokerError } from "../proto/errors.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";
import { until } from "./until.ts";

const readyMs = 120_000;
const goneMs = 30_000;
let made = 0;

export interface TopicShape {
  partitions: number;
  replicas: number;
  flush: string;
}

/** The settings of a topic, alike on both systems; `durable` is one flush a message in Kafka's words. */
export function topicSettings(system: string, shape: TopicShape): Record<string, string> {
  return {
    "min.insync.replicas": String(Math.min(2, shape.replicas)),
    "file.delete.delay.ms": "1000",
    ...(system === "kafka" && shape.flush === "durable" ? { "flush.messages": "1" } : {}),
  };
}

export async function withTopic<Result>(
  cluster: BenchCluster,
  shape: TopicShape,
  work: (topic: string, admin: Admin) => Promise<Result>,
): Promise<Result> {
  await using admin = new Admin({ bootstrap: cluster.bootstrap });
  return await withDeleted(cluster, admin, async (topic) => {
    await createTopic(admin, cluster.system, topic, shape);
    return await work(topic, admin);
  });
}

/** A name for a topic that `work` makes, and that is gone afterwards. */
export async function withDeleted<Result>(
  cluster: BenchCluster,
  admin: Admin,
  work: (topic: string) => Promise<Result>,
): Promise<Result> {
  const topic = `bench-${process.pid}-${++made}`;
  try {
    return await work(topic);
  } finally {
    await admin.deleteTopics([topic]).catch(() => undefined);
    await gone(cluster, topic).catch(() => undefined);
  }
}

/** Until no file of the topic is left, so that its removal is nobody else's burden. */
async function gone({ dataFolder }: BenchCluster, topic: string): Promise<void> {
  if (dataFolder === null) return;
  await until(`${topic} is gone`, goneMs, async () =>
    readdirSync(dataFolder, { recursive: true, encoding: "utf8" }).every((name) => !name.includes(topic)),
  );
}

export async function createTopic(
  admin: Admin,
  system: string,
  topic: string,
  shape: TopicShape,
): Promise<void> {
  const { partitions, replicas: replicationFactor } = shape;
  const configs = topicSettings(system, shape);
  try {
    await admin.createTopics([{ name: topic, partitions, replicationFactor, configs }]);
  } catch (error) {
    // The name is new: a broker has passed the request on twice, and the first one did it.
    if (!(error instanceof BrokerError && error.errorName === "TOPIC_ALREADY_EXISTS")) throw error;
  }
  await inSync(admin, topic, shape);
}

/** Until every partition is led and has all its replicas in sync. */
export async function inSync(
  admin: Admin,
  topic: string,
  { partitions: wanted, replicas }: { partitions: number; replicas: number },
): Promise<void> {
  await until(`${topic} is led and in sync`, readyMs, async () => {
    const [found] = await admin.describeTopics([topic]);
    const all = found?.partitions ?? [];
    return all.length === wanted && all.every(({ leader, isr }) => leader >= 0 && isr.length === replicas);
  });
}
