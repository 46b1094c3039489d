// core: what members of a classic consumer group tell each other through JoinGroup and SyncGroup, as tables.
// Both start with an int16, their version; a reader takes newer versions as the newest it knows.
import type { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const consumerProtocolAssignment = message<ConsumerProtocolAssignment>(
  "ConsumerProtocolAssignment",
  { kind: "data", versions: "0-3", flexible: "none" },
  [
    list("assignedPartitions", "TopicPartition", "0+", [
      field("topic", "string", "0+"),
      field("partitions", "[]int32", "0+"),
    ]),
    field("userData", "bytes", "0+; null 0+; = null"),
  ],
);

export const consumerProtocolSubscription = message<ConsumerProtocolSubscription>(
  "ConsumerProtocolSubscription",
  { kind: "data", versions: "0-3", flexible: "none" },
  [
    field("topics", "[]string", "0+"),
    field("userData", "bytes", "0+; null 0+; = null"),
    list("ownedPartitions", "TopicPartition", "1+; ignorable", [
      field("topic", "string", "1+"),
      field("partitions", "[]int32", "1+"),
    ]),
    field("generationId", "int32", "2+; = -1; ignorable"),
    field("rackId", "string", "3+; null 3+; = null; ignorable"),
  ],
);
