// core: the settings of consumer groups and their committed offsets, as a table.
import { setting } from "./definition.ts";
import { choice, int, listOf, long } from "./value-types.ts";

const intMaxText = "2147483647";

export const groupSettings = [
  setting(
    "group.initial.rebalance.delay.ms",
    int(0),
    "500",
    "How long an empty group of the classic protocol waits for more members before its first rebalance, " +
      "anew while members keep coming.",
    { kafka: "3000", reason: "A group reads within a second; members that come later cost one rebalance." },
  ),
  setting(
    "group.min.session.timeout.ms",
    int(0),
    "6000",
    "Shortest session that a classic member may ask for.",
  ),
  setting(
    "group.max.session.timeout.ms",
    int(0),
    "1800000",
    "Longest session that a classic member may ask for.",
  ),
  setting("group.max.size", int(1), intMaxText, "Most members of a classic group."),
  setting(
    "group.coordinator.rebalance.protocols",
    listOf("classic", "consumer"),
    "classic,consumer",
    "The protocols that groups may use: classic (members assign), consumer (KIP-848: the broker assigns).",
  ),
  setting(
    "group.consumer.session.timeout.ms",
    int(1),
    "45000",
    "Silence after which a member of the consumer protocol is taken out of its group.",
  ),
  setting(
    "group.consumer.heartbeat.interval.ms",
    int(1),
    "250",
    "How often members of the consumer protocol, and those of the classic one that ask, are told to " +
      "send heartbeats, at most: an assignment reaches them with one. Less often where a broker has many " +
      "members, so that it answers some 100 a second.",
    { kafka: "5000", reason: "Who joins or leaves is felt at once." },
  ),
  setting("group.consumer.max.size", int(1), intMaxText, "Most members of a group of the consumer protocol."),
  setting(
    "group.consumer.assignors",
    listOf("uniform", "range"),
    "uniform,range",
    "Assignors of the consumer protocol; the first is taken where a member names none.",
  ),
  setting(
    "group.consumer.migration.policy",
    choice("bidirectional", "upgrade", "downgrade", "disabled"),
    "bidirectional",
    "Whether groups may change between the classic and the consumer protocol while members are there.",
  ),
  setting(
    "offsets.topic.num.partitions",
    int(1),
    "50",
    "Partitions of __consumer_offsets, when it is made: groups are spread over them.",
  ),
  setting(
    "offsets.topic.replication.factor",
    int(1),
    "3",
    "Replicas of __consumer_offsets, when it is made; fewer, where there are fewer brokers then.",
    {
      kafka: "3, and the topic is not made with fewer brokers",
      reason: "One broker is enough to begin with.",
    },
  ),
  setting(
    "offsets.topic.segment.bytes",
    int(1),
    "104857600",
    "Size of a segment of __consumer_offsets, when it is made, in bytes.",
  ),
  setting(
    "offsets.commit.timeout.ms",
    int(1),
    "5000",
    "How long an answer to a commit waits for the in-sync replicas.",
  ),
  setting(
    "offset.metadata.max.bytes",
    int(0),
    "4096",
    "Largest text that may be committed with an offset, in bytes.",
  ),
  setting(
    "offsets.retention.minutes",
    int(1),
    "10080",
    "How long committed offsets are kept once their group is empty, or nobody of it reads the topic.",
  ),
  setting(
    "offsets.retention.check.interval.ms",
    long(1),
    "600000",
    "Between looks for committed offsets that need not be kept any more.",
  ),
] as const;
