// core: DeleteTopics, by name or by id.
//
// Source: https://kafka.apache.org/protocol#The_Messages_DeleteTopics, KIP-516; Kafka,
// ControllerApis.deleteTopics
import { type Uuid, zeroUuid } from "../../base/uuid.ts";
import { BrokerError, ErrorCode, type ErrorName } from "../../proto/errors.ts";
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DeleteTopicsResponseDeletableTopicResult,
} from "../../proto/kafka/generated/messages.ts";
import type { MetadataImage } from "../metadata/image.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";
import type { ControllerSettings, Decided } from "./settings.ts";

type Result = DeleteTopicsResponseDeletableTopicResult;

interface Named {
  readonly name: string | null;
  readonly topicId: Uuid;
}

/** Throws TOPIC_DELETION_DISABLED. */
export function deleteTopics(
  image: MetadataImage,
  request: DeleteTopicsRequest,
  settings: ControllerSettings,
): Decided<DeleteTopicsResponse> {
  if (!settings.topicDeletionEnabled)
    throw new BrokerError("TOPIC_DELETION_DISABLED", "deleting topics: delete.topic.enable is false");
  const byName = request.topicNames.map((name): Named => ({ name, topicId: zeroUuid }));
  const records: NewRecord[] = [];
  const removed = new Set<Uuid>();
  const responses = [...request.topics, ...byName].map((named): Result => {
    const found = find(image, named);
    if ("error" in found) return failed(named, found.error, found.text);
    const { topicId, name } = found;
    if (removed.has(topicId)) return failed(named, "INVALID_REQUEST", "it is in the request twice");
    removed.add(topicId);
    records.push({ type: "RemoveTopic", topicId });
    return { name, topicId, errorCode: ErrorCode.NONE, errorMessage: null };
  });
  return { records, reply: { throttleTimeMs: 0, responses } };
}

function find(
  image: MetadataImage,
  { name, topicId }: Named,
): { name: string; topicId: Uuid } | { error: ErrorName; text: string } {
  if (name !== null && topicId !== zeroUuid)
    return { error: "INVALID_REQUEST", text: "a name and an id were given; one of them must be" };
  if (name !== null) {
    const found = image.topicIdsByName.get(name);
    if (found !== undefined) return { name, topicId: found };
    return { error: "UNKNOWN_TOPIC_OR_PARTITION", text: "there is no topic of this name" };
  }
  if (topicId === zeroUuid) return { error: "INVALID_REQUEST", text: "neither a name nor an id was given" };
  const topic = image.topics.get(topicId);
  if (topic !== undefined) return { name: topic.name, topicId };
  return { error: "UNKNOWN_TOPIC_ID", text: "there is no topic with this id" };
}

function failed({ name, topicId }: Named, error: ErrorName, text: string): Result {
  const shown = name === null ? `with id ${topicId}` : `"${name.slice(0, 260)}"`;
  return { name, topicId, errorCode: ErrorCode[error], errorMessage: `deleting topic ${shown}: ${text}` };
}
