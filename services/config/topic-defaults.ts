// core: the broker settings that are defaults of topics, and which topic setting each stands for. What a
// topic does not override it gets from here.
//
// Source: Kafka's ServerTopicConfigSynonyms.
import { setting, withoutEffect } from "./definition.ts";
import { boolean, choice, fraction, int, listOf, long, longMaxText } from "./value-types.ts";

export const topicDefaultSettings = [
  setting("log.cleanup.policy", listOf("delete", "compact"), "delete", "What happens to old segments."),
  setting(
    "log.retention.ms",
    long(-1),
    null,
    "How long records are kept, -1: for ever. Before log.retention.minutes.",
  ),
  setting("log.retention.minutes", int(-1), null, "How long records are kept. Before log.retention.hours."),
  setting("log.retention.hours", int(-1), "168", "How long records are kept, -1: for ever."),
  setting("log.retention.bytes", long(-1), "-1", "Bytes of a partition that are kept; -1: no limit."),
  setting("log.segment.bytes", int(14), "1073741824", "Size of a segment."),
  setting("log.roll.ms", long(1), null, "Age at which a segment is closed. Before log.roll.hours."),
  setting("log.roll.hours", int(1), "168", "Age at which a segment is closed."),
  withoutEffect("log.roll.jitter.ms", long(0), null, "Largest random part taken off the age of a segment."),
  withoutEffect("log.roll.jitter.hours", int(0), "0", "Largest random part taken off the age of a segment."),
  setting(
    "log.index.size.max.bytes",
    int(4),
    "10485760",
    "Size of a segment's index at which the segment is closed.",
  ),
  setting("log.index.interval.bytes", int(0), "4096", "Bytes of records from one index entry to the next."),
  setting("message.max.bytes", int(0), "1048588", "Largest record batch, compressed, header included."),
  setting(
    "min.insync.replicas",
    int(1),
    "2",
    "In-sync replicas, the leader included, that acks=all needs; at most the number of replicas counts.",
    { kafka: "1", reason: "With one, an acknowledged record can be lost with one broker." },
  ),
  withoutEffect(
    "compression.type",
    choice("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
    "producer",
    "How batches are kept; only as the producer sent them (producer) works yet.",
  ),
  setting(
    "log.message.timestamp.type",
    choice("CreateTime", "LogAppendTime"),
    "CreateTime",
    "Whether a record keeps the producer's timestamp or gets the broker's.",
  ),
  setting(
    "log.message.timestamp.before.max.ms",
    long(0),
    longMaxText,
    "How far before the broker's clock a producer's timestamp may lie.",
  ),
  setting(
    "log.message.timestamp.after.max.ms",
    long(0),
    "3600000",
    "How far after the broker's clock a producer's timestamp may lie.",
  ),
  setting("log.cleaner.delete.retention.ms", long(0), "86400000", "How long compaction keeps tombstones."),
  setting("log.cleaner.min.compaction.lag.ms", long(0), "0", "Least age of what compaction touches."),
  setting("log.cleaner.max.compaction.lag.ms", long(1), longMaxText, "Age at which compaction must act."),
  setting(
    "log.cleaner.min.cleanable.ratio",
    fraction(),
    "0.5",
    "Dirty part of a log that starts compaction.",
  ),
  setting("log.segment.delete.delay.ms", long(0), "60000", "Between a segment's removal and its file's."),
  withoutEffect("log.flush.interval.messages", long(1), longMaxText, "See ottla.flush.policy."),
  withoutEffect("log.flush.interval.ms", long(0), null, "See ottla.flush.policy."),
  withoutEffect("log.preallocate", boolean, "false", "Whether segments get their full size at once."),
] as const;

interface Synonym {
  /** Broker settings, the first one that is set counts; with what one unit is in the topic's unit. */
  readonly from: readonly { readonly name: string; readonly factor: number }[];
}

function same(...names: string[]): Synonym {
  return { from: names.map((name) => ({ name, factor: 1 })) };
}

/** Which broker settings stand behind a topic setting, in order of precedence. */
export const topicSynonyms: Readonly<Record<string, Synonym>> = {
  "cleanup.policy": same("log.cleanup.policy"),
  "retention.ms": {
    from: [
      { name: "log.retention.ms", factor: 1 },
      { name: "log.retention.minutes", factor: 60_000 },
      { name: "log.retention.hours", factor: 3_600_000 },
    ],
  },
  "retention.bytes": same("log.retention.bytes"),
  "segment.bytes": same("log.segment.bytes"),
  "segment.ms": {
    from: [
      { name: "log.roll.ms", factor: 1 },
      { name: "log.roll.hours", factor: 3_600_000 },
    ],
  },
  "segment.jitter.ms": {
    from: [
      { name: "log.roll.jitter.ms", factor: 1 },
      { name: "log.roll.jitter.hours", factor: 3_600_000 },
    ],
  },
  "segment.index.bytes": same("log.index.size.max.bytes"),
  "index.interval.bytes": same("log.index.interval.bytes"),
  "max.message.bytes": same("message.max.bytes"),
  "min.insync.replicas": same("min.insync.replicas"),
  "compression.type": same("compression.type"),
  "message.timestamp.type": same("log.message.timestamp.type"),
  "message.timestamp.before.max.ms": same("log.message.timestamp.before.max.ms"),
  "message.timestamp.after.max.ms": same("log.message.timestamp.after.max.ms"),
  "delete.retention.ms": same("log.cleaner.delete.retention.ms"),
  "min.compaction.lag.ms": same("log.cleaner.min.compaction.lag.ms"),
  "max.compaction.lag.ms": same("log.cleaner.max.compaction.lag.ms"),
  "min.cleanable.dirty.ratio": same("log.cleaner.min.cleanable.ratio"),
  "file.delete.delay.ms": same("log.segment.delete.delay.ms"),
  "flush.messages": same("log.flush.interval.messages"),
  "flush.ms": same("log.flush.interval.ms"),
  preallocate: same("log.preallocate"),
  "unclean.leader.election.enable": same("unclean.leader.election.enable"),
};

/** In the topic's unit: hours and minutes become milliseconds; -1 (no limit) stays. */
export function convertSynonym(text: string, factor: number): string {
  return factor === 1 || text === "-1" ? text : String(Number(text) * factor);
}
