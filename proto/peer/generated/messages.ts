// core: types and tables of all messages between brokers. Generated from proto/peer/peer.proto by
// scripts/generate-peer-types.ts: change the .proto, not this file.
import type { EnumTable, MessageTable } from "../table.ts";

export type RaftMessageKind = "hello" | "preVote" | "preVoteReply" | "vote" | "voteReply" | "append" | "appendReply" | "snapshot" | "snapshotReply" | "timeoutNow" | "voters";
export const raftMessageKindTable: EnumTable = { values: ["hello", "preVote", "preVoteReply", "vote", "voteReply", "append", "appendReply", "snapshot", "snapshotReply", "timeoutNow", "voters"] };

export interface ForwardRequest {
  apiKey: number;
  apiVersion: number;
  clientId: string;
  body: Uint8Array;
}

export const forwardRequestTable: MessageTable<ForwardRequest> = {
  name: "ForwardRequest",
  fields: [
    { id: 1, name: "apiKey", type: "uint32" },
    { id: 2, name: "apiVersion", type: "uint32" },
    { id: 3, name: "clientId", type: "string" },
    { id: 4, name: "body", type: "bytes" },
  ],
};

export interface ForwardResponse {
  errorCode: number;
  body: Uint8Array;
}

export const forwardResponseTable: MessageTable<ForwardResponse> = {
  name: "ForwardResponse",
  fields: [
    { id: 1, name: "errorCode", type: "sint32" },
    { id: 2, name: "body", type: "bytes" },
  ],
};

export interface RegisteredListener {
  name: string;
  host: string;
  port: number;
}

export const registeredListenerTable: MessageTable<RegisteredListener> = {
  name: "RegisteredListener",
  fields: [
    { id: 1, name: "name", type: "string" },
    { id: 2, name: "host", type: "string" },
    { id: 3, name: "port", type: "uint32" },
  ],
};

export interface RegisterBrokerRequest {
  nodeId: number;
  clusterId: string;
  incarnationId: string;
  listeners: RegisteredListener[];
  peerHost: string;
  peerPort: number;
  rack: string | null;
  directoryIds: string[];
  uncleanDirectoryIds: string[];
}

export const registerBrokerRequestTable: MessageTable<RegisterBrokerRequest> = {
  name: "RegisterBrokerRequest",
  fields: [
    { id: 1, name: "nodeId", type: "uint32" },
    { id: 2, name: "clusterId", type: "string" },
    { id: 3, name: "incarnationId", type: "string" },
    { id: 4, name: "listeners", type: registeredListenerTable, repeated: true },
    { id: 5, name: "peerHost", type: "string" },
    { id: 6, name: "peerPort", type: "uint32" },
    { id: 7, name: "rack", type: "string", optional: true },
    { id: 8, name: "directoryIds", type: "string", repeated: true },
    { id: 9, name: "uncleanDirectoryIds", type: "string", repeated: true },
  ],
};

export interface RegisterBrokerResponse {
  errorCode: number;
  errorMessage: string;
  brokerEpoch: number;
}

export const registerBrokerResponseTable: MessageTable<RegisterBrokerResponse> = {
  name: "RegisterBrokerResponse",
  fields: [
    { id: 1, name: "errorCode", type: "sint32" },
    { id: 2, name: "errorMessage", type: "string" },
    { id: 3, name: "brokerEpoch", type: "sint64" },
  ],
};

export interface IsrMember {
  nodeId: number;
  brokerEpoch: number;
}

export const isrMemberTable: MessageTable<IsrMember> = {
  name: "IsrMember",
  fields: [
    { id: 1, name: "nodeId", type: "uint32" },
    { id: 2, name: "brokerEpoch", type: "sint64" },
  ],
};

export interface AlterPartitionItem {
  topicId: string;
  partition: number;
  leaderEpoch: number;
  partitionEpoch: number;
  isr: IsrMember[];
}

export const alterPartitionItemTable: MessageTable<AlterPartitionItem> = {
  name: "AlterPartitionItem",
  fields: [
    { id: 1, name: "topicId", type: "string" },
    { id: 2, name: "partition", type: "uint32" },
    { id: 3, name: "leaderEpoch", type: "sint32" },
    { id: 4, name: "partitionEpoch", type: "sint32" },
    { id: 5, name: "isr", type: isrMemberTable, repeated: true },
  ],
};

export interface AlterPartitionRequest {
  nodeId: number;
  brokerEpoch: number;
  items: AlterPartitionItem[];
}

export const alterPartitionRequestTable: MessageTable<AlterPartitionRequest> = {
  name: "AlterPartitionRequest",
  fields: [
    { id: 1, name: "nodeId", type: "uint32" },
    { id: 2, name: "brokerEpoch", type: "sint64" },
    { id: 3, name: "items", type: alterPartitionItemTable, repeated: true },
  ],
};

export interface AlterPartitionAnswer {
  topicId: string;
  partition: number;
  errorCode: number;
}

export const alterPartitionAnswerTable: MessageTable<AlterPartitionAnswer> = {
  name: "AlterPartitionAnswer",
  fields: [
    { id: 1, name: "topicId", type: "string" },
    { id: 2, name: "partition", type: "uint32" },
    { id: 3, name: "errorCode", type: "sint32" },
  ],
};

export interface AlterPartitionResponse {
  errorCode: number;
  items: AlterPartitionAnswer[];
}

export const alterPartitionResponseTable: MessageTable<AlterPartitionResponse> = {
  name: "AlterPartitionResponse",
  fields: [
    { id: 1, name: "errorCode", type: "sint32" },
    { id: 2, name: "items", type: alterPartitionAnswerTable, repeated: true },
  ],
};

export interface AllocateProducerIdsRequest {
  nodeId: number;
  brokerEpoch: number;
}

export const allocateProducerIdsRequestTable: MessageTable<AllocateProducerIdsRequest> = {
  name: "AllocateProducerIdsRequest",
  fields: [
    { id: 1, name: "nodeId", type: "uint32" },
    { id: 2, name: "brokerEpoch", type: "sint64" },
  ],
};

export interface AllocateProducerIdsResponse {
  errorCode: number;
  firstProducerId: number;
  count: number;
}

export const allocateProducerIdsResponseTable: MessageTable<AllocateProducerIdsResponse> = {
  name: "AllocateProducerIdsResponse",
  fields: [
    { id: 1, name: "errorCode", type: "sint32" },
    { id: 2, name: "firstProducerId", type: "sint64" },
    { id: 3, name: "count", type: "uint32" },
  ],
};

export interface SessionBeat {
  nodeId: number;
  brokerEpoch: number;
  metadataEnd: number;
  wantShutdown: boolean;
  offlineDirectoryIds: string[];
}

export const sessionBeatTable: MessageTable<SessionBeat> = {
  name: "SessionBeat",
  fields: [
    { id: 1, name: "nodeId", type: "uint32" },
    { id: 2, name: "brokerEpoch", type: "sint64" },
    { id: 3, name: "metadataEnd", type: "sint64" },
    { id: 4, name: "wantShutdown", type: "bool" },
    { id: 5, name: "offlineDirectoryIds", type: "string", repeated: true },
  ],
};

export interface SessionAnswer {
  errorCode: number;
  fenced: boolean;
  shouldShutdown: boolean;
}

export const sessionAnswerTable: MessageTable<SessionAnswer> = {
  name: "SessionAnswer",
  fields: [
    { id: 1, name: "errorCode", type: "sint32" },
    { id: 2, name: "fenced", type: "bool" },
    { id: 3, name: "shouldShutdown", type: "bool" },
  ],
};

export interface RaftMessage {
  kind: RaftMessageKind;
  clusterId: string;
  fromId: number;
  fromDirectoryId: string;
  toId: number;
  term: number;
  previousEnd: number;
  previousEpoch: number;
  payload: Uint8Array;
  commitEnd: number;
  round: number;
  granted: boolean;
  durableEnd: number;
  snapshotEnd: number;
  snapshotEpoch: number;
  piecePosition: number;
  lastPiece: boolean;
  transfer: boolean;
}

export const raftMessageTable: MessageTable<RaftMessage> = {
  name: "RaftMessage",
  fields: [
    { id: 1, name: "kind", type: raftMessageKindTable },
    { id: 2, name: "clusterId", type: "string" },
    { id: 3, name: "fromId", type: "sint32" },
    { id: 4, name: "fromDirectoryId", type: "string" },
    { id: 5, name: "toId", type: "sint32" },
    { id: 6, name: "term", type: "sint64" },
    { id: 7, name: "previousEnd", type: "sint64" },
    { id: 8, name: "previousEpoch", type: "sint64" },
    { id: 9, name: "payload", type: "bytes" },
    { id: 10, name: "commitEnd", type: "sint64" },
    { id: 11, name: "round", type: "sint64" },
    { id: 12, name: "granted", type: "bool" },
    { id: 13, name: "durableEnd", type: "sint64" },
    { id: 14, name: "snapshotEnd", type: "sint64" },
    { id: 15, name: "snapshotEpoch", type: "sint64" },
    { id: 16, name: "piecePosition", type: "sint64" },
    { id: 17, name: "lastPiece", type: "bool" },
    { id: 18, name: "transfer", type: "bool" },
  ],
};

export interface PullPosition {
  topicId: string;
  partition: number;
  leaderEpoch: number;
  readOffset: number;
  lastEpoch: number;
  durableOffset: number;
  logStartOffset: number;
  round: number;
  stop: boolean;
  directoryId: string;
}

export const pullPositionTable: MessageTable<PullPosition> = {
  name: "PullPosition",
  fields: [
    { id: 1, name: "topicId", type: "string" },
    { id: 2, name: "partition", type: "uint32" },
    { id: 3, name: "leaderEpoch", type: "sint32" },
    { id: 4, name: "readOffset", type: "sint64" },
    { id: 5, name: "lastEpoch", type: "sint32" },
    { id: 6, name: "durableOffset", type: "sint64" },
    { id: 7, name: "logStartOffset", type: "sint64" },
    { id: 8, name: "round", type: "sint64" },
    { id: 9, name: "stop", type: "bool" },
    { id: 10, name: "directoryId", type: "string" },
  ],
};

export interface PullPositions {
  nodeId: number;
  brokerEpoch: number;
  receivedBytes: number;
  positions: PullPosition[];
}

export const pullPositionsTable: MessageTable<PullPositions> = {
  name: "PullPositions",
  fields: [
    { id: 1, name: "nodeId", type: "uint32" },
    { id: 2, name: "brokerEpoch", type: "sint64" },
    { id: 3, name: "receivedBytes", type: "sint64" },
    { id: 4, name: "positions", type: pullPositionTable, repeated: true },
  ],
};

export interface PullPart {
  topicId: string;
  partition: number;
  leaderEpoch: number;
  errorCode: number;
  highWatermark: number;
  logStartOffset: number;
  divergingEpoch: number;
  divergingEnd: number;
  round: number;
  readOffset: number;
  records: Uint8Array;
}

export const pullPartTable: MessageTable<PullPart> = {
  name: "PullPart",
  fields: [
    { id: 1, name: "topicId", type: "string" },
    { id: 2, name: "partition", type: "uint32" },
    { id: 3, name: "leaderEpoch", type: "sint32" },
    { id: 4, name: "errorCode", type: "sint32" },
    { id: 5, name: "highWatermark", type: "sint64" },
    { id: 6, name: "logStartOffset", type: "sint64" },
    { id: 7, name: "divergingEpoch", type: "sint32" },
    { id: 8, name: "divergingEnd", type: "sint64" },
    { id: 9, name: "round", type: "sint64" },
    { id: 10, name: "readOffset", type: "sint64" },
    { id: 11, name: "records", type: "bytes" },
  ],
};

export interface PullData {
  parts: PullPart[];
}

export const pullDataTable: MessageTable<PullData> = {
  name: "PullData",
  fields: [
    { id: 1, name: "parts", type: pullPartTable, repeated: true },
  ],
};
