// shell: DeleteRecords: the leader raises the start of its log, and answers once the logs of all in-sync
// replicas start there, so that no election brings the records back.
//
// Source: https://kafka.apache.org/protocol#The_Messages_DeleteRecords, KIP-107; Kafka,
// ReplicaManager.deleteRecords
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { expectedError, needReplica } from "./partitions.ts";
import type { BrokerPorts, ClientPartition } from "./ports.ts";
import { needPartition, needTopicByName } from "./topics.ts";

type Request = RequestOf<"DeleteRecords">;
type Response = ResponseOf<"DeleteRecords">;
type Row = Response["topics"][number]["partitions"][number];

export async function deleteRecords(ports: BrokerPorts, request: Request): Promise<Response> {
  const topics = await Promise.all(
    request.topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map((asked) => deleteOne(ports, name, { ...asked, timeoutMs: request.timeoutMs })),
      ),
    })),
  );
  return { throttleTimeMs: 0, topics };
}

async function deleteOne(
  ports: BrokerPorts,
  name: string,
  { partitionIndex, offset, timeoutMs }: { partitionIndex: number; offset: number; timeoutMs: number },
): Promise<Row> {
  try {
    const topic = needTopicByName(ports.metadata.image, name);
    const replica = needReplica(ports, needPartition(topic, partitionIndex));
    if (!ports.topicConfigs.retention(name).deletes) {
      const text = `deleting records of ${name}-${partitionIndex}: its cleanup.policy has no "delete"`;
      throw new BrokerError("POLICY_VIOLATION", text);
    }
    if (offset < -1) throw new BrokerError("OFFSET_OUT_OF_RANGE", `delete records before ${offset}`);
    const start = replica.deleteRecordsBefore({ offset });
    const upTo = offset === -1 ? start : offset;
    const lowWatermark = await reached(ports, replica, upTo, timeoutMs);
    return { partitionIndex, lowWatermark, errorCode: ErrorCode.NONE };
  } catch (error) {
    return { partitionIndex, lowWatermark: -1, errorCode: expectedError(error).code };
  }
}

/** The low watermark, once it is at least `upTo`; REQUEST_TIMED_OUT, NOT_LEADER_OR_FOLLOWER. */
async function reached(
  { clock }: BrokerPorts,
  replica: ClientPartition,
  upTo: number,
  timeoutMs: number,
): Promise<number> {
  const first = replica.lowWatermark();
  if (first >= upTo) return first;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const stop = replica.watch(() => {
    try {
      const now = replica.lowWatermark();
      if (now >= upTo) resolve(now);
    } catch (error) {
      reject(error);
    }
  });
  const timer = clock.after(Math.max(0, timeoutMs), () => {
    const text = `delete records before ${upTo}: not every in-sync replica has done it in ${timeoutMs} ms`;
    reject(new BrokerError("REQUEST_TIMED_OUT", text));
  });
  try {
    return await promise;
  } finally {
    timer.cancel();
    stop();
  }
}
