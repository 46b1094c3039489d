// core: every message between brokers as bytes and back: what gRPC carries in production, and what every
// message of a simulation goes through too. Encoders answer one buffer that belongs to the caller; decoders
// throw ProtocolError, and byte strings in what they answer are views into the input.
import * as tables from "./generated/messages.ts";
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
  AlterPartitionRequest,
  AlterPartitionResponse,
  ForwardRequest,
  ForwardResponse,
  RaftMessage,
  RegisterBrokerRequest,
  RegisterBrokerResponse,
  SessionAnswer,
  SessionBeat,
} from "./peer-api.ts";
import { decodePullData, decodePullPositions, encodePullData, encodePullPositions } from "./pull-codec.ts";
import type { MessageTable } from "./table.ts";
import { decodeWithTable, encodeWithTable } from "./table-codec.ts";

export { decodePullData, decodePullPositions, encodePullData, encodePullPositions };

export interface MessageCodec<T> {
  encode(message: T): Buffer;
  decode(bytes: Uint8Array): T;
}

// The parameter says that the generated type and the one of peer-api.ts are the same.
function fromTable<T>(table: MessageTable<T>): MessageCodec<T> {
  return {
    encode: (message) => encodeWithTable(table, message),
    decode: (bytes) => decodeWithTable(table, bytes),
  };
}

/** One codec a message, by its name in peer.proto. */
export const peerCodecs = {
  ForwardRequest: fromTable<ForwardRequest>(tables.forwardRequestTable),
  ForwardResponse: fromTable<ForwardResponse>(tables.forwardResponseTable),
  RegisterBrokerRequest: fromTable<RegisterBrokerRequest>(tables.registerBrokerRequestTable),
  RegisterBrokerResponse: fromTable<RegisterBrokerResponse>(tables.registerBrokerResponseTable),
  AlterPartitionRequest: fromTable<AlterPartitionRequest>(tables.alterPartitionRequestTable),
  AlterPartitionResponse: fromTable<AlterPartitionResponse>(tables.alterPartitionResponseTable),
  AllocateProducerIdsRequest: fromTable<AllocateProducerIdsRequest>(tables.allocateProducerIdsRequestTable),
  AllocateProducerIdsResponse: fromTable<AllocateProducerIdsResponse>(
    tables.allocateProducerIdsResponseTable,
  ),
  SessionBeat: fromTable<SessionBeat>(tables.sessionBeatTable),
  SessionAnswer: fromTable<SessionAnswer>(tables.sessionAnswerTable),
  RaftMessage: fromTable<RaftMessage>(tables.raftMessageTable),
  PullPositions: { encode: encodePullPositions, decode: decodePullPositions },
  PullData: { encode: encodePullData, decode: decodePullData },
} as const;

export const { encode: encodeForwardRequest, decode: decodeForwardRequest } = peerCodecs.ForwardRequest;
export const { encode: encodeForwardResponse, decode: decodeForwardResponse } = peerCodecs.ForwardResponse;
export const { encode: encodeRegisterBrokerRequest, decode: decodeRegisterBrokerRequest } =
  peerCodecs.RegisterBrokerRequest;
export const { encode: encodeRegisterBrokerResponse, decode: decodeRegisterBrokerResponse } =
  peerCodecs.RegisterBrokerResponse;
export const { encode: encodeAlterPartitionRequest, decode: decodeAlterPartitionRequest } =
  peerCodecs.AlterPartitionRequest;
export const { encode: encodeAlterPartitionResponse, decode: decodeAlterPartitionResponse } =
  peerCodecs.AlterPartitionResponse;
export const { encode: encodeAllocateProducerIdsRequest, decode: decodeAllocateProducerIdsRequest } =
  peerCodecs.AllocateProducerIdsRequest;
export const { encode: encodeAllocateProducerIdsResponse, decode: decodeAllocateProducerIdsResponse } =
  peerCodecs.AllocateProducerIdsResponse;
export const { encode: encodeSessionBeat, decode: decodeSessionBeat } = peerCodecs.SessionBeat;
export const { encode: encodeSessionAnswer, decode: decodeSessionAnswer } = peerCodecs.SessionAnswer;
export const { encode: encodeRaftMessage, decode: decodeRaftMessage } = peerCodecs.RaftMessage;
