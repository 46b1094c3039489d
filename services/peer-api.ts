// shell: what this node offers to its peers, each call handed to the part that answers it.
import type { RaftNode } from "../cluster/raft/driver/raft-node.ts";
import type { ReplicaSet } from "../cluster/replication/replica-set.ts";
import { BrokerError } from "../proto/errors.ts";
import type { PeerApi, PeerStream } from "../proto/peer/peer-api.ts";
import type { ControllerCalls } from "./quorum.ts";

export function peerApi(node: {
  controller: ControllerCalls | null;
  raft: RaftNode;
  replicas: ReplicaSet | null;
}): PeerApi {
  const { controller, raft, replicas } = node;
  const active = (): ControllerCalls => {
    if (controller === null) throw new BrokerError("NOT_CONTROLLER", "this node is no controller");
    return controller;
  };
  return {
    forward: async (request) => active().forward(request),
    registerBroker: async (request) => active().registerBroker(request),
    alterPartition: async (request) => active().alterPartition(request),
    allocateProducerIds: async (request) => active().allocateProducerIds(request),
    session: (stream) => (controller === null ? refuse(stream) : controller.session(stream)),
    raft: (stream) => raft.acceptStream(stream),
    pull: (stream) => (replicas === null ? refuse(stream) : replicas.pull(stream)),
  };
}

function refuse<Out, In>(stream: PeerStream<Out, In>): void {
  stream.start({ onMessage: () => {}, onClose: () => {} });
  stream.close();
}
