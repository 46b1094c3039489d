// core: the settings a topic can override, as a table: type, what it does, whether it has an effect. Their
// defaults follow from the broker's settings (topic-defaults.ts), or stand here where the broker has none.
import { ConfigError } from "./config-error.ts";
import { type ConfigDefinition, setting, withoutEffect } from "./definition.ts";
import { boolean, choice, fraction, int, list, listOf, long } from "./value-types.ts";

const later = "Belongs to a part that is not there yet.";
const flush = "See ottla.flush.policy.";

const rows = [
  setting("cleanup.policy", listOf("delete", "compact"), null, "What happens to old segments."),
  setting(
    "retention.ms",
    long(-1),
    null,
    "How long records are kept, in ms, by the largest timestamp of their segment; -1: for ever.",
  ),
  setting(
    "retention.bytes",
    long(-1),
    null,
    "Bytes of a partition that are kept; whole segments go while as many are left. -1: no limit.",
  ),
  setting("segment.bytes", int(14), null, "Size of a segment, in bytes."),
  setting("segment.ms", long(1), null, "Age at which a segment is closed, in ms."),
  withoutEffect("segment.jitter.ms", long(0), null, "Largest random part taken off the age of a segment."),
  setting("segment.index.bytes", int(4), null, "Size of a segment's index at which the segment is closed."),
  setting("index.interval.bytes", int(0), null, "Bytes of records from one index entry to the next."),
  setting("max.message.bytes", int(0), null, "Largest record batch, compressed, header included, in bytes."),
  setting("min.insync.replicas", int(1), null, "In-sync replicas, the leader included, that acks=all needs."),
  withoutEffect(
    "compression.type",
    choice("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
    null,
    "How batches are kept; only as the producer sent them (producer) works yet.",
  ),
  withoutEffect("compression.gzip.level", int(-1, 9), "-1", later),
  withoutEffect("compression.lz4.level", int(1, 17), "9", later),
  withoutEffect("compression.zstd.level", int(-131_072, 22), "3", later),
  setting(
    "message.timestamp.type",
    choice("CreateTime", "LogAppendTime"),
    null,
    "Whether a record keeps the producer's timestamp or gets the broker's.",
  ),
  setting(
    "message.timestamp.before.max.ms",
    long(0),
    null,
    "How far before the broker's clock a producer's timestamp may lie, in ms.",
  ),
  setting(
    "message.timestamp.after.max.ms",
    long(0),
    null,
    "How far after the broker's clock a producer's timestamp may lie, in ms.",
  ),
  setting(
    "delete.retention.ms",
    long(0),
    null,
    "How long compaction keeps tombstones (and marks of transactions) once it has seen them, in ms.",
  ),
  setting("min.compaction.lag.ms", long(0), null, "Least age of what compaction touches, in ms."),
  setting(
    "max.compaction.lag.ms",
    long(1),
    null,
    "Age of a dirty record at which compaction acts whatever the dirty part is, in ms.",
  ),
  setting(
    "min.cleanable.dirty.ratio",
    fraction(),
    null,
    "Part of a log that must be dirty before it is compacted, 0 to 1.",
  ),
  setting("file.delete.delay.ms", long(0), null, "Between a segment's removal and its file's, in ms."),
  withoutEffect("flush.messages", long(1), null, flush),
  withoutEffect("flush.ms", long(0), "9223372036854775807", flush),
  withoutEffect("preallocate", boolean, null, "Whether segments get their full size at once."),
  setting(
    "unclean.leader.election.enable",
    boolean,
    null,
    "Whether a replica outside the in-sync set may lead when no other is left, which loses records.",
  ),
  withoutEffect("leader.replication.throttled.replicas", list, "", later),
  withoutEffect("follower.replication.throttled.replicas", list, "", later),
  withoutEffect("remote.storage.enable", boolean, "false", later),
  withoutEffect("local.retention.ms", long(-2), "-2", later),
  withoutEffect("local.retention.bytes", long(-2), "-2", later),
] as const;

type Row = (typeof rows)[number];
export type TopicSettingName = Row["name"];
export type TopicValueOf<Name extends TopicSettingName> =
  Extract<Row, { name: Name }> extends ConfigDefinition<infer T> ? T : never;

export const topicSettings: ReadonlyMap<string, ConfigDefinition> = new Map(
  rows.map((row) => [row.name, row as ConfigDefinition]),
);

/** Why a topic cannot have this setting, or null. */
export function topicSettingProblem(name: string, value: string | null): string | null {
  const definition = topicSettings.get(name);
  if (definition === undefined) return `"${name}" is no setting of topics`;
  if (value === null) return `${name}: there is no value`;
  try {
    definition.type.parse(name, value);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
