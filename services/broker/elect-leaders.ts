// shell: ElectLeaders: decided by the active controller; answered once this broker has seen who leads.
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { apis, type RequestOf, type ResponseOf } from "../../proto/kafka/apis.ts";
import { deadline, seen, toController } from "./forwarding.ts";
import type { BrokerPorts } from "./ports.ts";
import { topicByName } from "./topics.ts";

export async function electLeaders(
  ports: BrokerPorts,
  request: RequestOf<"ElectLeaders">,
  context: RequestContext,
): Promise<ResponseOf<"ElectLeaders">> {
  const until = deadline(ports, request.timeoutMs);
  const before = ports.metadata.image;
  const timeoutMs = until.leftMs();
  const answer = await toController(ports, apis.ElectLeaders, { request, context, timeoutMs });
  const elected = answer.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult
      .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
      .map(({ partitionId }) => ({ topic, partitionId })),
  );
  const epoch = (image: MetadataImage, { topic, partitionId }: (typeof elected)[number]): number =>
    topicByName(image, topic)?.partitions[partitionId]?.leaderEpoch ?? Number.MAX_SAFE_INTEGER;
  const isSeen = (image: MetadataImage): boolean =>
    elected.every((one) => epoch(image, one) > epoch(before, one));
  await seen(ports, isSeen, until.leftMs());
  return answer;
}
