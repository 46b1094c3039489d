// shell: CreateTopics and DeleteTopics: decided by the active controller; the answer waits, within the
// request's time, until this broker has seen the change, so that whoever asks it next finds what was
// promised.
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { apis, type RequestOf, type ResponseOf } from "../../proto/kafka/apis.ts";
import { deadline, seen, toController } from "./forwarding.ts";
import type { BrokerPorts } from "./ports.ts";
import { topicByName } from "./topics.ts";

const firstVersionWithDeletionDisabled = 3;

export async function createTopics(
  ports: BrokerPorts,
  request: RequestOf<"CreateTopics">,
  context: RequestContext,
): Promise<ResponseOf<"CreateTopics">> {
  const until = deadline(ports, request.timeoutMs);
  const timeoutMs = until.leftMs();
  const answer = await toController(ports, apis.CreateTopics, { request, context, timeoutMs });
  const created = answer.topics.filter(({ errorCode }) => errorCode === ErrorCode.NONE);
  const isThere = (image: MetadataImage): boolean => created.every(({ name }) => isLed(image, name));
  if (!request.validateOnly) await seen(ports, isThere, until.leftMs());
  return answer;
}

function isUnknown(code: number): boolean {
  return code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION || code === ErrorCode.UNKNOWN_TOPIC_ID;
}

function isLed(image: MetadataImage, name: string): boolean {
  const topic = topicByName(image, name);
  return topic?.partitions.every(({ leader }) => leader >= 0) ?? false;
}

export async function deleteTopics(
  ports: BrokerPorts,
  request: RequestOf<"DeleteTopics">,
  context: RequestContext,
): Promise<ResponseOf<"DeleteTopics">> {
  const { apiVersion } = context;
  if (!ports.config.deleteTopicEnabled) {
    const isKnown = apiVersion >= firstVersionWithDeletionDisabled;
    throw new BrokerError(
      isKnown ? "TOPIC_DELETION_DISABLED" : "INVALID_REQUEST",
      "delete topics: delete.topic.enable is false on this broker",
    );
  }
  const until = deadline(ports, request.timeoutMs);
  const before = ports.metadata.image;
  const timeoutMs = until.leftMs();
  const answer = await toController(ports, apis.DeleteTopics, { request, context, timeoutMs });
  for (const row of answer.responses) {
    // The way to the controller tries again when an answer is lost: what was there when the client asked, and
    // is not any more, has been deleted as it wished.
    const wasThere = before.topicIdsByName.has(row.name ?? "") || before.topics.has(row.topicId);
    if (isUnknown(row.errorCode) && wasThere)
      Object.assign(row, { errorCode: ErrorCode.NONE, errorMessage: null });
  }
  const ids = answer.responses
    .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
    .map(({ name, topicId }) =>
      before.topics.has(topicId) ? topicId : before.topicIdsByName.get(name ?? ""),
    )
    .filter((topicId) => topicId !== undefined);
  await seen(ports, (image) => ids.every((topicId) => !image.topics.has(topicId)), until.leftMs());
  return answer;
}
