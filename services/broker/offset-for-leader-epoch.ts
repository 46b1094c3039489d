// core: OffsetForLeaderEpoch: where a leader epoch ends, so that a reader can tell whether its position
// survived.
//
// Source: KIP-101, KIP-320.
import type { RequestContext } from "../../proto/broker-api.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { expectedError, needReplica } from "./partitions.ts";
import type { BrokerPorts } from "./ports.ts";
import { needPartition, needTopicByName } from "./topics.ts";

type Request = RequestOf<"OffsetForLeaderEpoch">;
type Response = ResponseOf<"OffsetForLeaderEpoch">;
type Asked = Request["topics"][number]["partitions"][number];
type Result = Response["topics"][number]["partitions"][number];

export function offsetForLeaderEpoch(
  ports: BrokerPorts,
  request: Request,
  _context: RequestContext,
): Response {
  const topics = request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((asked) => answer(ports, topic, asked)),
  }));
  return { throttleTimeMs: 0, topics };
}

function answer(ports: BrokerPorts, topicName: string, asked: Asked): Result {
  const { partition: index, currentLeaderEpoch, leaderEpoch } = asked;
  try {
    const partition = needPartition(needTopicByName(ports.metadata.image, topicName), index);
    const found = needReplica(ports, partition).endOfEpoch({ leaderEpoch, currentLeaderEpoch });
    return { errorCode: ErrorCode.NONE, partition: index, leaderEpoch: found.epoch, endOffset: found.end };
  } catch (error) {
    return { errorCode: expectedError(error).code, partition: index, leaderEpoch: -1, endOffset: -1 };
  }
}
