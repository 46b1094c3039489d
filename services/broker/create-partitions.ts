// shell: CreatePartitions: decided by the active controller; answered once this broker has seen the growth.
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { apis, type RequestOf, type ResponseOf } from "../../proto/kafka/apis.ts";
import { deadline, seen, toController } from "./forwarding.ts";
import type { BrokerPorts } from "./ports.ts";
import { topicByName } from "./topics.ts";

export async function createPartitions(
  ports: BrokerPorts,
  request: RequestOf<"CreatePartitions">,
  context: RequestContext,
): Promise<ResponseOf<"CreatePartitions">> {
  const until = deadline(ports, request.timeoutMs);
  const before = ports.metadata.image;
  const timeoutMs = until.leftMs();
  const answer = await toController(ports, apis.CreatePartitions, { request, context, timeoutMs });
  if (request.validateOnly) return answer;
  const counts = new Map(request.topics.map(({ name, count }) => [name, count]));
  const size = (image: MetadataImage, name: string): number =>
    topicByName(image, name)?.partitions.length ?? 0;
  for (const row of answer.results) {
    // The way to the controller tries again when an answer is lost: it has grown to what was asked for since
    // then, as the client wished.
    const count = counts.get(row.name) ?? -1;
    const hasGrown = size(before, row.name) < count && size(ports.metadata.image, row.name) === count;
    if (row.errorCode === ErrorCode.INVALID_PARTITIONS && hasGrown)
      Object.assign(row, { errorCode: ErrorCode.NONE, errorMessage: null });
  }
  const grown = answer.results.filter(({ errorCode }) => errorCode === ErrorCode.NONE);
  const isThere = (image: MetadataImage): boolean =>
    grown.every(({ name }) => size(image, name) >= (counts.get(name) ?? 0));
  await seen(ports, isThere, until.leftMs());
  return answer;
}
