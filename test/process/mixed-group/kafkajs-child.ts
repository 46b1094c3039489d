// test: a process that is one member of a group, by kafkajs. Its assignors have names that no other client
// knows, so it gets one by the name that Kafka's clients share.
import { AssignerProtocol, Kafka, logLevel, type PartitionAssigner } from "kafkajs";
import { commitIntervalMs, heartbeatIntervalMs, ownArguments, say, whenAsked } from "./child.ts";

const { bootstrap, group, topic, assignor, sessionTimeoutMs } = ownArguments();
// One broker that is away is not tried for long: a request to it is made again at another one only then. A
// consumer whose tries are used up begins anew by itself.
const retry = { initialRetryTime: 50, maxRetryTime: 500, retries: 4 };
const brokers = bootstrap.split(",");
const kafka = new Kafka({ brokers, retry, logLevel: logLevel.WARN, requestTimeout: 5_000 });

const roundRobin: PartitionAssigner = ({ cluster }) => ({
  name: assignor,
  version: 0,
  async assign({ members, topics }) {
    const memberIds = members.map(({ memberId }) => memberId).sort();
    const shares = new Map(memberIds.map((memberId) => [memberId, {} as Record<string, number[]>]));
    let next = 0;
    for (const name of topics) {
      for (const { partitionId } of cluster.findTopicPartitionMetadata(name)) {
        const share = shares.get(memberIds[next++ % memberIds.length]!)!;
        share[name] ??= [];
        share[name].push(partitionId);
      }
    }
    const encode = (assignment: Record<string, number[]>): Buffer =>
      AssignerProtocol.MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) });
    return [...shares].map(([memberId, share]) => ({ memberId, memberAssignment: encode(share) }));
  },
  protocol: ({ topics }) => ({
    name: assignor,
    metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
  }),
});

const consumer = kafka.consumer({
  groupId: group,
  sessionTimeout: sessionTimeoutMs,
  rebalanceTimeout: sessionTimeoutMs,
  heartbeatInterval: heartbeatIntervalMs,
  maxWaitTimeInMs: 100,
  partitionAssigners: [roundRobin],
  retry,
});

let partitions: readonly number[] = [];
/** It says the generation with a heartbeat only: the first newer one is of this assignment. */
let generation = -1;
let isNew = false;
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  partitions = payload.memberAssignment[topic] ?? [];
  isNew = true;
  say({ kind: "assigned", partitions, generation: null });
});
consumer.on(consumer.events.HEARTBEAT, ({ payload }) => {
  if (!isNew || payload.groupGenerationId <= generation) return;
  isNew = false;
  generation = payload.groupGenerationId;
  say({ kind: "assigned", partitions, generation });
});
consumer.on(consumer.events.REBALANCING, () => {
  isNew = false;
  say({ kind: "revoked" });
});
consumer.on(consumer.events.REQUEST, ({ payload }) =>
  say({ kind: "request", api: payload.apiName, version: payload.apiVersion }),
);
consumer.on(consumer.events.CRASH, ({ payload }) => {
  process.stderr.write(`crashed: ${payload.error.stack}, starts again: ${payload.restart}\n`);
  if (!payload.restart) process.exit(4);
});

whenAsked(() => consumer.disconnect());
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommitInterval: commitIntervalMs,
  eachMessage: async ({ partition, message: { offset, value } }) =>
    say({ kind: "record", partition, offset: Number(offset), value: String(value) }),
});
