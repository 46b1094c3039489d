// test: a process that is one member of a group, by @platformatic/kafka. What goes wrong for good ends its
// stream; as a service would, it begins anew with another consumer then.
import { tracingChannel } from "node:diagnostics_channel";
import { Consumer, type MessagesStream, protocolAPIsById } from "@platformatic/kafka";
import { commitIntervalMs, heartbeatIntervalMs, ownArguments, say, whenAsked } from "./child.ts";

const { bootstrap, group, topic, assignor, sessionTimeoutMs, instanceId } = ownArguments();
type Bytes = Buffer;
type Stream = MessagesStream<Bytes, Bytes, Bytes, Bytes>;

interface Sent {
  apiKey: number;
  apiVersion: number;
}
const sends = tracingChannel<unknown, Sent & object>("plt:kafka:connections:api");
sends.subscribe({
  start: ({ apiKey, apiVersion }) => {
    const api = protocolAPIsById[apiKey] ?? String(apiKey);
    say({ kind: "request", api, version: apiVersion });
  },
  end: () => {},
  asyncStart: () => {},
  asyncEnd: () => {},
  error: () => {},
});

let owned: ReadonlySet<number> = new Set();

function makeConsumer(): Consumer {
  const consumer = new Consumer({
    groupId: group,
    clientId: "platformatic",
    bootstrapBrokers: bootstrap.split(","),
    protocols: [{ name: assignor, version: 1 }],
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    autocommit: false,
    retries: 50,
    retryDelay: 100,
    timeout: 5_000,
    ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
  });
  consumer.on("consumer:group:join", ({ generationId, assignments }) => {
    const partitions = assignments?.find((one) => one.topic === topic)?.partitions ?? [];
    owned = new Set(partitions);
    say({ kind: "assigned", partitions, generation: generationId ?? null });
  });
  consumer.on("consumer:group:rebalance", () => say({ kind: "revoked" }));
  return consumer;
}

let consumer = makeConsumer();
let isLeaving = false;
const processed = new Map<number, { offset: bigint; leaderEpoch: number }>();

async function commit(): Promise<void> {
  if (processed.size === 0) return;
  const offsets = [...processed].map(([partition, one]) => ({ topic, partition, ...one }));
  processed.clear();
  await consumer.commit({ offsets });
}

async function read(): Promise<void> {
  const stream: Stream = await consumer.consume({
    topics: [topic],
    mode: "committed",
    fallbackMode: "earliest",
    maxWaitTime: 100,
  });
  for await (const { partition, offset, value, leaderEpoch } of stream) {
    // A fetch that was under way at a rebalance is delivered all the same: that is somebody else's now.
    if (!owned.has(partition)) continue;
    say({ kind: "record", partition, offset: Number(offset), value: String(value) });
    processed.set(partition, { offset: offset + 1n, leaderEpoch });
  }
}

const timer = setInterval(() => {
  // What a rebalance made invalid is read again by whoever has the partition now.
  commit().catch((error: unknown) => process.stderr.write(`commit: ${String(error)}\n`));
}, commitIntervalMs);

whenAsked(async () => {
  isLeaving = true;
  clearInterval(timer);
  await commit().catch(() => {});
  await consumer.close(true);
});

while (!isLeaving) {
  try {
    await read();
  } catch (error) {
    process.stderr.write(`read: ${String(error)}\n`);
  }
  if (isLeaving) break;
  say({ kind: "revoked" });
  await Promise.resolve(consumer.close(true)).catch(() => {});
  processed.clear();
  consumer = makeConsumer();
}
