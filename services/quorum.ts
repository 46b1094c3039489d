// shell: the controller as brokers and peers call it on this node, with what only consensus can tell: the
// state of the metadata quorum.

import { zeroUuid } from "../base/uuid.ts";
import type { Controller } from "../cluster/controller/controller.ts";
import type { MetadataImage } from "../cluster/metadata/image.ts";
import type { RaftNode } from "../cluster/raft/driver/raft-node.ts";
import type { FollowerStatus, RaftStatus } from "../cluster/raft/driver/raft-status.ts";
import { ErrorCode } from "../proto/errors.ts";
import { apis, type ResponseOf } from "../proto/kafka/apis.ts";
import { decodeMessage, encodeMessage } from "../proto/kafka/codec.ts";
import type { ForwardRequest, ForwardResponse, PeerApi } from "../proto/peer/peer-api.ts";
import { metadataTopic } from "./replica-logs.ts";
import { voterChange } from "./voter-changes.ts";

export type ControllerCalls = Pick<
  PeerApi,
  "forward" | "registerBroker" | "alterPartition" | "allocateProducerIds" | "session"
>;

export function controllerCalls(
  controller: Controller,
  raft: RaftNode,
  options: { clusterId: string; tickMs: number },
): ControllerCalls {
  const image = (): MetadataImage => controller.image;
  return {
    async forward(request) {
      if (request.apiKey === apis.DescribeQuorum.key) return describeQuorum(request, raft.status(), image());
      return (await voterChange(request, { ...options, raft, image })) ?? controller.forward(request);
    },
    registerBroker: (request) => controller.registerBroker(request),
    alterPartition: (request) => controller.alterPartition(request),
    allocateProducerIds: (request) => controller.allocateProducerIds(request),
    session: (stream) => controller.session(stream),
  };
}

/** Only the leader knows how far the others are. */
function describeQuorum(
  request: ForwardRequest,
  status: RaftStatus | null,
  image: MetadataImage,
): ForwardResponse {
  if (status === null || status.role !== "leader") {
    return { errorCode: ErrorCode.NOT_CONTROLLER, body: new Uint8Array(0) };
  }
  const { apiVersion, body } = request;
  const asked = decodeMessage(apis.DescribeQuorum.request, apiVersion, body);
  const answer = encodeMessage(apis.DescribeQuorum.response, apiVersion, {
    errorCode: ErrorCode.NONE,
    topics: asked.topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => partitionOf(topicName, partitionIndex, status)),
    })),
    nodes: [...status.voters, ...status.observers].map(({ id, host, port }) => {
      const broker = image.brokers.get(id);
      const place = { host: host ?? broker?.peerHost ?? "", port: port ?? broker?.peerPort ?? 0 };
      return { nodeId: id, listeners: [{ name: "CONTROLLER", ...place }] };
    }),
  });
  return { errorCode: ErrorCode.NONE, body: answer };
}

type Partition = ResponseOf<"DescribeQuorum">["topics"][number]["partitions"][number];

function partitionOf(topicName: string, partitionIndex: number, status: RaftStatus): Partition {
  const isKnown = topicName === metadataTopic && partitionIndex === 0;
  return {
    partitionIndex,
    errorCode: isKnown ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: isKnown ? null : `only ${metadataTopic}-0 has a quorum, not ${topicName}-${partitionIndex}`,
    leaderId: isKnown ? status.leaderId : -1,
    leaderEpoch: isKnown ? status.term : -1,
    highWatermark: isKnown ? status.commitEnd : -1,
    currentVoters: isKnown ? status.voters.map(replicaOf) : [],
    observers: isKnown ? status.observers.map(replicaOf) : [],
  };
}

function replicaOf(follower: FollowerStatus): Partition["currentVoters"][number] {
  return {
    replicaId: follower.id,
    replicaDirectoryId: follower.directoryId ?? zeroUuid,
    logEndOffset: follower.matchEnd,
    // Ottla's leader pushes: nobody fetches, and so there is no time of a fetch to tell.
    lastFetchTimestamp: -1,
    lastCaughtUpTimestamp: -1,
  };
}
