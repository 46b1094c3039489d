// core: what the active controller saw and did, as a story: read off two committed images that follow each
// other. Nothing is told before it is committed, and nothing is told that did not become so.
import type { BrokerImage, MetadataDelta, MetadataImage, PartitionImage } from "../metadata/image.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";

export type ControllerEvent =
  /** This node decides from now on, or no longer does. */
  | { readonly kind: "controller-active"; readonly detail: { readonly epoch: number } }
  | { readonly kind: "controller-resigned"; readonly detail: { readonly epoch: number } }
  /** The first sign of a death: its heartbeats' connection closed. */
  | { readonly kind: "session-connection-lost"; readonly detail: { readonly broker: number } }
  /** No heartbeat for a whole session (or the grace after its connection closed). */
  | { readonly kind: "session-expired"; readonly detail: { readonly broker: number } }
  | {
      readonly kind: "registered";
      readonly detail: { readonly broker: number; readonly brokerEpoch: number };
    }
  | { readonly kind: "fenced" | "unfenced" | "shutting-down"; readonly detail: { readonly broker: number } }
  | { readonly kind: "leader-moved"; readonly detail: LeaderMoved }
  /** The new leader was not known to hold every committed record: some may be lost. */
  | { readonly kind: "unclean-election"; readonly detail: UncleanElection }
  | { readonly kind: "in-sync-changed"; readonly detail: InSyncChanged }
  | { readonly kind: "topic-created" | "topic-deleted"; readonly detail: TopicNamed };

export interface LeaderMoved {
  readonly topic: string;
  readonly partition: number;
  /** Broker id; -1: nobody. */
  readonly from: number;
  readonly to: number;
  /** The new leader epoch. */
  readonly epoch: number;
}

export interface UncleanElection {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
}

export interface InSyncChanged {
  readonly topic: string;
  readonly partition: number;
  readonly isr: readonly number[];
  readonly left: readonly number[];
  readonly joined: readonly number[];
}

export interface TopicNamed {
  readonly topic: string;
  readonly partitions: number;
}

/** When it happened, added by the shell. */
export interface EventTime {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export function eventsBetween(
  before: MetadataImage,
  after: MetadataImage,
  delta: MetadataDelta,
): ControllerEvent[] {
  const events: ControllerEvent[] = [];
  for (const id of delta.brokers) events.push(...brokerEvents(before.brokers.get(id), after.brokers.get(id)));
  for (const topic of delta.removedTopics.values())
    events.push({
      kind: "topic-deleted",
      detail: { topic: topic.name, partitions: topic.partitions.length },
    });
  for (const [topicId, indexes] of delta.partitions) {
    const was = before.topics.get(topicId);
    const now = after.topics.get(topicId);
    if (now === undefined) continue;
    if (was === undefined) {
      events.push({ kind: "topic-created", detail: { topic: now.name, partitions: now.partitions.length } });
      continue;
    }
    for (const index of indexes) {
      const one = was.partitions[index];
      const other = now.partitions[index];
      if (one !== undefined && other !== undefined) events.push(...partitionEvents(now.name, one, other));
    }
  }
  return events;
}

/** Elections among these records, decided on `image`, of replicas that were not eligible. */
export function uncleanElections(image: MetadataImage, records: readonly NewRecord[]): UncleanElection[] {
  const found: UncleanElection[] = [];
  for (const record of records) {
    if (record.type !== "PartitionChange" || (record.leader ?? -2) < 0) continue;
    const topic = image.topics.get(record.topicId ?? "");
    const before = topic?.partitions[record.partitionId ?? -1];
    const leader = record.leader!;
    if (topic === undefined || before === undefined) continue;
    if (before.isr.includes(leader) || before.elr.includes(leader)) continue;
    found.push({ topic: topic.name, partition: before.partition, leader });
  }
  return found;
}

function* brokerEvents(
  before: BrokerImage | undefined,
  after: BrokerImage | undefined,
): Generator<ControllerEvent> {
  if (after === undefined) return;
  const { id: broker } = after;
  if (before?.epoch !== after.epoch)
    yield { kind: "registered", detail: { broker, brokerEpoch: after.epoch } };
  const wasFenced = before?.fenced ?? true;
  if (after.fenced && !wasFenced) yield { kind: "fenced", detail: { broker } };
  if (!after.fenced && wasFenced) yield { kind: "unfenced", detail: { broker } };
  if (after.inControlledShutdown && before?.inControlledShutdown !== true)
    yield { kind: "shutting-down", detail: { broker } };
}

function* partitionEvents(
  topic: string,
  before: PartitionImage,
  after: PartitionImage,
): Generator<ControllerEvent> {
  const { partition } = after;
  if (before.leaderEpoch !== after.leaderEpoch) {
    const detail = { topic, partition, from: before.leader, to: after.leader, epoch: after.leaderEpoch };
    yield { kind: "leader-moved", detail };
  }
  const left = before.isr.filter((id) => !after.isr.includes(id));
  const joined = after.isr.filter((id) => !before.isr.includes(id));
  if (left.length + joined.length === 0) return;
  yield { kind: "in-sync-changed", detail: { topic, partition, isr: after.isr, left, joined } };
}
