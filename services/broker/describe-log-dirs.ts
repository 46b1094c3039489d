// core: DescribeLogDirs: this broker's log directories, what is in them, and how much room is left.
//
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeLogDirs, KIP-113, KIP-827.
import { ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import type { BrokerPorts, LogDirFacts } from "./ports.ts";

type Request = RequestOf<"DescribeLogDirs">;
type Response = ResponseOf<"DescribeLogDirs">;
type Result = Response["results"][number];

export function describeLogDirs(ports: BrokerPorts, request: Request): Response {
  const { topics } = request;
  const wanted = topics === null ? null : new Map(topics.map((one) => [one.topic, new Set(one.partitions)]));
  const results = ports.logDirs().map((facts) => resultOf(facts, wanted));
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, results };
}

function resultOf(facts: LogDirFacts, wanted: ReadonlyMap<string, ReadonlySet<number>> | null): Result {
  const { path: logDir, usableBytes, totalBytes } = facts;
  if (facts.hasFailed)
    return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir, topics: [], usableBytes: -1, totalBytes: -1 };
  const byTopic = new Map<string, Result["topics"][number]["partitions"]>();
  for (const { topicName, partition, sizeBytes, offsetLag } of facts.replicas()) {
    if (wanted !== null && wanted.get(topicName)?.has(partition) !== true) continue;
    const rows = byTopic.get(topicName) ?? [];
    byTopic.set(topicName, rows);
    rows.push({ partitionIndex: partition, partitionSize: sizeBytes, offsetLag, isFutureKey: false });
  }
  const topics = [...byTopic].map(([name, partitions]) => ({ name, partitions }));
  return { errorCode: ErrorCode.NONE, logDir, topics, usableBytes, totalBytes };
}
