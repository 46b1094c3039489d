// test: a process that is one member of a group, by Ottla's own consumer and the classic protocol, which the
// other clients speak.
import { Consumer } from "../../../client/index.ts";
import { commitIntervalMs, heartbeatIntervalMs, ownArguments, say, whenAsked } from "./child.ts";

const { bootstrap, group, topic, assignor, sessionTimeoutMs, instanceId } = ownArguments();
const assignors = { range: "range", roundrobin: "roundRobin" } as const;

const owned = new Set<number>();
function tell(): void {
  const { generationOrMemberEpoch: generation } = consumer.groupMetadata();
  say({ kind: "assigned", partitions: [...owned], generation });
}

const consumer = new Consumer({
  bootstrap,
  groupId: group,
  groupProtocol: "classic",
  assignors: [assignors[assignor as keyof typeof assignors]],
  sessionTimeoutMs,
  rebalanceTimeoutMs: sessionTimeoutMs,
  heartbeatIntervalMs,
  autoCommitIntervalMs: commitIntervalMs,
  offsetReset: "earliest",
  ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
  onAssigned: (places) => {
    for (const { partition } of places) owned.add(partition);
    tell();
  },
  onRevoked: gone,
  onLost: gone,
  onEvent: (event) => process.stderr.write(`${JSON.stringify(event)}\n`),
});

function gone(places: readonly { readonly partition: number }[]): void {
  for (const { partition } of places) owned.delete(partition);
  if (owned.size === 0) say({ kind: "revoked" });
  else tell();
}

whenAsked(() => consumer.close());
await consumer.subscribe([topic]);
for await (const { partition, offset, value } of consumer)
  say({ kind: "record", partition, offset, value: Buffer.from(value ?? []).toString() });
