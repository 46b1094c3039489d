// core: ListOffsets: offsets by name (earliest, latest, largest timestamp) and by time.
//
// Source: kafka-protocol ListOffsets; KIP-207, KIP-734, KIP-1005.
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { expectedError, needReplica } from "./partitions.ts";
import type { BrokerPorts, ClientPartition } from "./ports.ts";
import { needPartition, needTopicByName } from "./topics.ts";

type Request = RequestOf<"ListOffsets">;
type Response = ResponseOf<"ListOffsets">;
type Asked = Request["topics"][number]["partitions"][number];
type Result = Response["topics"][number]["partitions"][number];
type Answer = ReturnType<ClientPartition["latestOffset"]>;

const latest = -1;
const earliest = -2;
const maxTimestamp = -3;
const earliestLocal = -4;
const latestTiered = -5;

/** Versions from which on places have names; what is named in an older one, or not at all, is refused. */
const namedFrom: Readonly<Record<number, number>> = {
  [latest]: 1,
  [earliest]: 1,
  [maxTimestamp]: 7,
  [earliestLocal]: 8,
  [latestTiered]: 9,
};

export function listOffsets(ports: BrokerPorts, request: Request, { apiVersion }: RequestContext): Response {
  const isolation = request.isolationLevel === 1 ? "readCommitted" : "readUncommitted";
  const times = timesAsked(request);
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.flatMap((asked): Result[] => {
      const place = `${name} ${asked.partitionIndex}`;
      if (times.get(place) === 1) return [answer(ports, { name, isolation, asked, apiVersion })];
      // Answers to several could not be told apart: one refusal for all of them, as from Kafka.
      const isFirst = times.delete(place);
      return isFirst ? [refused(asked.partitionIndex, ErrorCode.INVALID_REQUEST)] : [];
    }),
  }));
  return { throttleTimeMs: 0, topics };
}

/** By topic and partition. */
function timesAsked({ topics }: Request): Map<string, number> {
  const times = new Map<string, number>();
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const place = `${name} ${partitionIndex}`;
      times.set(place, (times.get(place) ?? 0) + 1);
    }
  }
  return times;
}

function refused(partitionIndex: number, errorCode: number): Result {
  return { partitionIndex, errorCode, oldStyleOffsets: [], offset: -1, timestamp: -1, leaderEpoch: -1 };
}

interface Question {
  readonly name: string;
  readonly isolation: "readCommitted" | "readUncommitted";
  readonly asked: Asked;
  readonly apiVersion: number;
}

function answer(ports: BrokerPorts, { name, isolation, asked, apiVersion }: Question): Result {
  const { partitionIndex, timestamp } = asked;
  try {
    if (timestamp < 0 && apiVersion < (namedFrom[timestamp] ?? Number.POSITIVE_INFINITY)) {
      const text = `list offsets: timestamp ${timestamp} means nothing in version ${apiVersion}`;
      throw new BrokerError("UNSUPPORTED_VERSION", text);
    }
    const partition = needPartition(needTopicByName(ports.metadata.image, name), partitionIndex);
    const found = lookUp(needReplica(ports, partition), asked, isolation);
    return { partitionIndex, errorCode: ErrorCode.NONE, oldStyleOffsets: [], ...found };
  } catch (error) {
    return refused(partitionIndex, expectedError(error).code);
  }
}

function lookUp(replica: ClientPartition, asked: Asked, isolation: Question["isolation"]): Answer {
  const { timestamp, currentLeaderEpoch } = asked;
  switch (timestamp) {
    case latest:
      return replica.latestOffset({ isolation, currentLeaderEpoch });
    case earliest:
    case earliestLocal:
      return replica.earliestOffset({ currentLeaderEpoch });
    case maxTimestamp:
      return replica.maxTimestamp({ currentLeaderEpoch });
    case latestTiered:
      // Asks the leader all the same, so that a wrong broker or epoch is an error; nothing is in tiers here.
      replica.earliestOffset({ currentLeaderEpoch });
      return { offset: -1, timestamp: -1, leaderEpoch: -1 };
    default:
      return replica.offsetForTimestamp({ timestamp, isolation, currentLeaderEpoch });
  }
}
