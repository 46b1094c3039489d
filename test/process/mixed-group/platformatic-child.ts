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

const processed = new Map<number, { offset: bigint; leaderEpoch: number }>();
let committing: Promise<unknown> = Promise.resolve();

/**
 * Offset of the next record of each partition that it has. A fetch that was under way at a rebalance is
 * delivered all the same, with records of partitions that are somebody else's now, or that lie ahead of what
 * was committed: to process those, and commit behind them, would lose what is between.
 */
let next: Promise<Map<number, bigint>> = Promise.resolve(new Map());

async function findNext(asked: Consumer, partitions: number[]): Promise<Map<number, bigint>> {
  if (partitions.length === 0) return new Map();
  // What it begins with must not be less than where the client begins.
  await committing.catch(() => {});
  const found = await asked.listCommittedOffsets({ topics: [{ topic, partitions }] });
  const offsets = found.get(topic) ?? [];
  return new Map(
    partitions.map((partition) => {
      const committed = offsets[partition] ?? -1n;
      return [partition, committed < 0n ? 0n : committed];
    }),
  );
}

function makeConsumer(): Consumer {
  const made = new Consumer({
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
  made.on("consumer:group:join", ({ generationId, assignments }) => {
    const partitions = assignments?.find((one) => one.topic === topic)?.partitions ?? [];
    processed.clear();
    next = findNext(made, partitions);
    // Whoever reads is told of it.
    next.catch(() => {});
    say({ kind: "assigned", partitions, generation: generationId ?? null });
  });
  made.on("consumer:group:rebalance", () => say({ kind: "revoked" }));
  // A join that its tries are used up for is told by this event alone: its stream stays open and brings
  // nothing any more. Closed, it ends the loop below, which begins anew.
  made.on("error", (error: unknown) => {
    process.stderr.write(`error: ${String(error)}\n`);
    if (made === consumer && !isLeaving) Promise.resolve(made.close(true)).catch(() => {});
  });
  return made;
}

let consumer = makeConsumer();
let isLeaving = false;
async function commit(): Promise<void> {
  if (processed.size === 0) return;
  const offsets = [...processed].map(([partition, one]) => ({ topic, partition, ...one }));
  processed.clear();
  committing = Promise.resolve(consumer.commit({ offsets }));
  await committing;
}

async function read(): Promise<void> {
  const stream: Stream = await consumer.consume({
    topics: [topic],
    mode: "committed",
    fallbackMode: "earliest",
    maxWaitTime: 100,
  });
  for await (const { partition, offset, value, leaderEpoch } of stream) {
    const expected = await next;
    if (expected.get(partition) !== offset) continue;
    expected.set(partition, offset + 1n);
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
