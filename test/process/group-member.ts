// test: one member of a group as a process of its own, to be killed and stopped: reads, commits, and notes in
// a file what it was given, read and committed. A note is in the file before the member goes on, so that a
// kill loses none.
import { openSync, writeSync } from "node:fs";
import { Consumer, type TopicPartition } from "../../client/index.ts";
import type { MemberOptions, Note } from "./group-members.ts";

const options = JSON.parse(process.argv[2]!) as MemberOptions;
const file = openSync(options.notes, "a");
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
// No member outlives its test.
process.once("disconnect", () => process.exit(1));

function note(what: Note): void {
  writeSync(file, `${JSON.stringify(what)}\n`);
}

const owned = (kind: "assigned" | "revoked" | "lost") => (places: readonly TopicPartition[]) =>
  note({ kind, atMs: Date.now(), generation: generation(), partitions: places.map((one) => one.partition) });

const consumer = new Consumer({
  bootstrap: options.bootstrap,
  groupId: options.groupId,
  groupProtocol: options.protocol,
  groupInstanceId: options.instanceId,
  offsetReset: "earliest",
  sessionTimeoutMs: options.sessionTimeoutMs,
  heartbeatIntervalMs: 200,
  requestTimeoutMs: 5_000,
  autoCommit: options.commitEvery === null,
  autoCommitIntervalMs: 200,
  onAssigned: owned("assigned"),
  onRevoked: owned("revoked"),
  onLost: owned("lost"),
});

function generation(): number {
  return consumer.groupMetadata().generationOrMemberEpoch;
}

/** What was read of each partition and is not committed yet. */
const due = new Map<number, number>();

async function commit(): Promise<void> {
  const offsets = [...due].map(([partition, offset]) => ({ topic: options.topic, partition, offset }));
  due.clear();
  try {
    await consumer.commit(offsets);
    note({ kind: "committed", atMs: Date.now(), offsets: offsets.map((one) => [one.partition, one.offset]) });
  } catch (error) {
    // Of a partition that is another's by now; whoever has it reads those records again.
    note({ kind: "refused", atMs: Date.now(), text: String(error) });
  }
}

try {
  await consumer.subscribe([options.topic]);
  let count = 0;
  for await (const { partition, offset } of consumer.records({ signal: stop.signal })) {
    note({ kind: "read", atMs: Date.now(), generation: generation(), partition, offset });
    if (options.commitEvery === null) continue;
    due.set(partition, offset + 1);
    if (++count % options.commitEvery === 0) await commit();
  }
  if (due.size > 0) await commit();
} catch (error) {
  note({ kind: "failed", atMs: Date.now(), text: String(error) });
}
await consumer.close();
note({ kind: "closed", atMs: Date.now() });
process.exit(0);
