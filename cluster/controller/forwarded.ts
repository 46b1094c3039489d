// core: the requests of clients that brokers send on, by API key: decoded, decided on the image, and answered
// in the Kafka encoding.
import type { Random } from "../../base/ports/random.ts";
import { randomUuid } from "../../base/uuid.ts";
import { type ApiDefinition, apis } from "../../proto/kafka/apis.ts";
import { decodeMessage, encodeMessage } from "../../proto/kafka/codec.ts";
import type { Input } from "../../proto/kafka/schema.ts";
import type { ForwardRequest } from "../../proto/peer/peer-api.ts";
import type { MetadataImage } from "../metadata/image.ts";
import { alterConfigs, incrementalAlterConfigs } from "./alter-configs.ts";
import { assignReplicasToDirs } from "./assign-directories.ts";
import { createPartitions } from "./create-partitions.ts";
import { createTopics } from "./create-topics.ts";
import { deleteTopics } from "./delete-topics.ts";
import { electLeaders } from "./elect-leaders.ts";
import type { ControllerSettings, Decided } from "./settings.ts";

export interface ForwardContext {
  readonly settings: ControllerSettings;
  readonly random: Random;
}

/** Decides on an image, perhaps on several in turn; fresh names and seeds are drawn before. */
type Decide<Res> = (image: MetadataImage) => Decided<Res>;

type Handler = (request: ForwardRequest, context: ForwardContext) => Decide<Uint8Array>;

function row<Req, Res>(
  api: ApiDefinition<Req, Res>,
  prepare: (request: Req, context: ForwardContext) => Decide<Res>,
): [number, Handler] {
  return [
    api.key,
    ({ apiVersion, body }, context) => {
      const decide = prepare(decodeMessage(api.request, apiVersion, body), context);
      return (image) => {
        const { records, reply } = decide(image);
        return { records, reply: encodeMessage(api.response, apiVersion, reply as Input<Res>) };
      };
    },
  ];
}

const handlers: ReadonlyMap<number, Handler> = new Map([
  row(apis.CreateTopics, (request, { settings, random }) => {
    const topicIds = request.topics.map(() => randomUuid(random));
    const seed = random.uint32();
    return (image) => createTopics(image, request, { settings, topicIds, seed });
  }),
  row(
    apis.DeleteTopics,
    (request, { settings }) =>
      (image) =>
        deleteTopics(image, request, settings),
  ),
  row(apis.CreatePartitions, (request, { settings, random }) => {
    const seed = random.uint32();
    return (image) => createPartitions(image, request, { settings, seed });
  }),
  row(
    apis.IncrementalAlterConfigs,
    (request, { settings }) =>
      (image) =>
        incrementalAlterConfigs(image, request, settings),
  ),
  row(
    apis.AlterConfigs,
    (request, { settings }) =>
      (image) =>
        alterConfigs(image, request, settings),
  ),
  row(
    apis.ElectLeaders,
    (request, { settings }) =>
      (image) =>
        electLeaders(image, request, settings),
  ),
  row(apis.AssignReplicasToDirs, (request) => (image) => assignReplicasToDirs(image, request)),
]);

/** Null: the controller serves no such request. Throws ProtocolError when the body is malformed. */
export function forwarded(request: ForwardRequest, context: ForwardContext): Decide<Uint8Array> | null {
  return handlers.get(request.apiKey)?.(request, context) ?? null;
}
