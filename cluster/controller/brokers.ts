// core: registration of brokers. A broker starts fenced, in a new epoch (the offset of its record); what it
// led moves on in the same batch, so that a leader epoch never spans two lives of a process; logs that it
// cannot vouch for leave every in-sync set and every ELR in that batch too, before it can be unfenced.
//
// Source: KIP-500, KIP-631 (registration, incarnations), KIP-966 (unclean shutdown)
import { limits } from "../../base/limits.ts";
import { type Uuid, uuidToBytes, zeroUuid } from "../../base/uuid.ts";
import { ErrorCode, type ErrorName } from "../../proto/errors.ts";
import type { RegisterBrokerRequest } from "../../proto/peer/peer-api.ts";
import { areEqual } from "../metadata/equal-images.ts";
import type { BrokerImage, MetadataImage, PartitionImage } from "../metadata/image.ts";
import { directoryOf } from "../metadata/queries.ts";
import { partitionsOfRegistration, type Vouching, withBrokers } from "./partitions.ts";
import type { ControllerSettings, Decided } from "./settings.ts";

export interface Registered {
  readonly errorCode: number;
  readonly errorMessage: string;
}

interface Refusal {
  readonly error: ErrorName;
  readonly text: string;
}

export function registerBroker(
  image: MetadataImage,
  request: RegisterBrokerRequest,
  context: { settings: ControllerSettings; isAlive(id: number, epoch: number): boolean },
): Decided<Registered> {
  const existing = image.brokers.get(request.nodeId);
  const refusal =
    problemOf(image, request, context.settings.clusterId) ?? rivalOf(existing, request, context.isAlive);
  if (refusal !== null) {
    const errorMessage = `registering broker ${request.nodeId}: ${refusal.text}`;
    return { records: [], reply: { errorCode: ErrorCode[refusal.error], errorMessage } };
  }
  const reply = { errorCode: ErrorCode.NONE, errorMessage: "" };
  // Its answer was lost, and it asks again.
  if (existing !== undefined && isSame(existing, request)) return { records: [], reply };
  const broker = brokerFrom(request);
  const after = withBrokers(image, broker);
  const vouching = vouchingOf(request, existing?.directoryIds ?? []);
  const changes = partitionsOfRegistration(after, vouching, context.settings.topics);
  const registration = {
    type: "RegisterBroker",
    brokerId: broker.id,
    incarnationId: broker.incarnationId,
    endPoints: broker.listeners,
    rack: broker.rack,
    fenced: true,
    logDirs: broker.directoryIds,
    peerHost: broker.peerHost,
    peerPort: broker.peerPort,
  } as const;
  return { records: [registration, ...changes], reply };
}

function brokerFrom(request: RegisterBrokerRequest): BrokerImage {
  return {
    id: request.nodeId,
    // The offset of its record, not known before it is written; nothing is decided on it here.
    epoch: -1,
    incarnationId: request.incarnationId,
    listeners: request.listeners,
    peerHost: request.peerHost,
    peerPort: request.peerPort,
    rack: request.rack,
    directoryIds: request.directoryIds,
    fenced: true,
    inControlledShutdown: false,
  };
}

function isSame(existing: BrokerImage, request: RegisterBrokerRequest): boolean {
  const { id, epoch, fenced, inControlledShutdown, ...was } = existing;
  const { id: _, epoch: __, fenced: ___, inControlledShutdown: ____, ...asked } = brokerFrom(request);
  return areEqual(was, asked);
}

function problemOf(image: MetadataImage, request: RegisterBrokerRequest, clusterId: Uuid): Refusal | null {
  const invalid = (text: string): Refusal => ({ error: "INVALID_REGISTRATION", text });
  if (request.clusterId !== clusterId) {
    const text = `it belongs to cluster ${request.clusterId}, this is cluster ${clusterId}`;
    return { error: "INCONSISTENT_CLUSTER_ID", text };
  }
  if (!Number.isInteger(request.nodeId) || request.nodeId < 0) return invalid("a node id is 0 or more");
  if (!image.brokers.has(request.nodeId) && image.brokers.size >= limits.brokersMax)
    return invalid(`the cluster has ${image.brokers.size} brokers, as many as it may have`);
  if (uuidToBytes(request.incarnationId) === null || request.incarnationId === zeroUuid)
    return invalid(`"${request.incarnationId}" is no incarnation id`);
  const names = request.listeners.map(({ name }) => name);
  if (names.length === 0) return invalid("it has no listener");
  if (new Set(names).size < names.length) return invalid(`a listener is named twice: ${names.join(", ")}`);
  return directoryProblemOf(image, request);
}

function directoryProblemOf(image: MetadataImage, request: RegisterBrokerRequest): Refusal | null {
  const invalid = (text: string): Refusal => ({ error: "INVALID_REGISTRATION", text });
  const { directoryIds } = request;
  if (directoryIds.length === 0) return invalid("it has no log directory that works");
  if (new Set(directoryIds).size < directoryIds.length || directoryIds.includes(zeroUuid))
    return invalid(`its directory ids should be different and not zero: ${directoryIds.join(", ")}`);
  for (const other of image.brokers.values()) {
    if (other.id === request.nodeId) continue;
    const shared = other.directoryIds.find((id) => directoryIds.includes(id));
    if (shared !== undefined)
      return invalid(`directory ${shared} belongs to broker ${other.id}; was a data folder copied?`);
  }
  return null;
}

function rivalOf(
  existing: BrokerImage | undefined,
  request: RegisterBrokerRequest,
  isAlive: (id: number, epoch: number) => boolean,
): Refusal | null {
  if (existing === undefined || existing.incarnationId === request.incarnationId) return null;
  if (existing.inControlledShutdown || !isAlive(existing.id, existing.epoch)) return null;
  const text =
    `another process with this id (incarnation ${existing.incarnationId}) is alive; ` +
    "stop it, or wait until its session has ended";
  return { error: "DUPLICATE_BROKER_REGISTRATION", text };
}

/** Which replicas of this broker it can vouch for, and where they are, by what it registers with. */
function vouchingOf(request: RegisterBrokerRequest, before: readonly Uuid[]): Vouching {
  const { nodeId, directoryIds } = request;
  const hasLostOne = before.some((id) => !directoryIds.includes(id));
  const unclean = new Set(request.uncleanDirectoryIds);
  const only = directoryIds.length === 1 ? directoryIds[0]! : zeroUuid;
  const isAllUnclean = directoryIds.every((id) => unclean.has(id));
  return {
    nodeId,
    isUnvouched(partition: PartitionImage): boolean {
      const directory = directoryOf(partition, nodeId);
      if (isAllUnclean) return true;
      // Where it is was never known: it may be in one that cannot be trusted, or is not there any more.
      if (directory === zeroUuid) return unclean.size > 0 || hasLostOne;
      return unclean.has(directory) || !directoryIds.includes(directory);
    },
    directories(partition: PartitionImage): readonly Uuid[] {
      return partition.replicas.map((id, at) => {
        const directory = partition.directories[at] ?? zeroUuid;
        return id !== nodeId || directoryIds.includes(directory) ? directory : only;
      });
    },
  };
}
