// port: everything one broker may ask another. gRPC carries it in production (services/peer), a simulated
// network in tests.
//
// Offsets, epochs and identifiers are plain numbers (at most 2^53 - 1); uuids are base/uuid.ts texts. "Ends"
// are exclusive.
import type { Uuid } from "../../base/uuid.ts";

export interface PeerAddress {
  nodeId: number;
  host: string;
  port: number;
}

// ---- Streams. Both ends see the same interface; messages arrive in order, none twice, until it closes. ----

export interface PeerStreamEvents<In> {
  onMessage(message: In): void;
  /** Once, when the stream is over for whatever reason; nothing follows. */
  onClose(error: Error | null): void;
}

export interface PeerStream<Out, In> {
  /** Must be called once, in the turn in which the stream was received. */
  start(events: PeerStreamEvents<In>): void;
  /**
   * Queues a message, as it is now: it has been encoded when this returns, and the buffers in it are the
   * caller's again. After the end nothing happens.
   */
  send(message: Out): void;
  close(): void;
}

// ---- Control: unary calls to the active controller. Every answer carries a Kafka error code (0: none). ----

/** A client's administrative request, sent on by the broker that received it, in the Kafka encoding. */
export interface ForwardRequest {
  apiKey: number;
  apiVersion: number;
  clientId: string;
  /** The request body, without header. */
  body: Uint8Array;
}

export interface ForwardResponse {
  /**
   * NOT_CONTROLLER when this node does not lead; else 0 and `body` is the response body of the same version.
   */
  errorCode: number;
  body: Uint8Array;
}

export interface RegisteredListener {
  name: string;
  host: string;
  port: number;
}

export interface RegisterBrokerRequest {
  nodeId: number;
  clusterId: string;
  /** Fresh at every start of the process. */
  incarnationId: Uuid;
  listeners: RegisteredListener[];
  /** Where its peers reach it. */
  peerHost: string;
  peerPort: number;
  rack: string | null;
  directoryIds: Uuid[];
  /**
   * Directories whose logs this broker can't vouch for (empty, replaced, damaged, or unsynced at a power
   * cut).
   */
  uncleanDirectoryIds: Uuid[];
}

export interface RegisterBrokerResponse {
  errorCode: number;
  errorMessage: string;
  brokerEpoch: number;
}

export interface IsrMember {
  nodeId: number;
  brokerEpoch: number;
}

export interface AlterPartitionItem {
  topicId: Uuid;
  partition: number;
  leaderEpoch: number;
  /** The partition epoch the proposal is based on. */
  partitionEpoch: number;
  isr: IsrMember[];
}

export interface AlterPartitionRequest {
  nodeId: number;
  brokerEpoch: number;
  items: AlterPartitionItem[];
}

export interface AlterPartitionResponse {
  errorCode: number;
  items: { topicId: Uuid; partition: number; errorCode: number }[];
}

export interface AllocateProducerIdsRequest {
  nodeId: number;
  brokerEpoch: number;
}

export interface AllocateProducerIdsResponse {
  errorCode: number;
  firstProducerId: number;
  count: number;
}

// ---- Session: heartbeats of one broker to the active controller, on one stream. ----

export interface SessionBeat {
  nodeId: number;
  brokerEpoch: number;
  /** End of the metadata this broker has applied. */
  metadataEnd: number;
  wantShutdown: boolean;
  /** Directories that failed while running. */
  offlineDirectoryIds: Uuid[];
}

export interface SessionAnswer {
  /** NOT_CONTROLLER: look for another; STALE_BROKER_EPOCH or BROKER_ID_NOT_REGISTERED: register again. */
  errorCode: number;
  fenced: boolean;
  shouldShutdown: boolean;
}

// ---- Raft: one message type both ways; see cluster/raft. ----

export type RaftMessageKind =
  | "hello"
  | "preVote"
  | "preVoteReply"
  | "vote"
  | "voteReply"
  | "append"
  | "appendReply"
  | "snapshot"
  | "snapshotReply"
  | "timeoutNow"
  | "voters";

/** Fields that a kind does not use are 0, "" , false or empty. */
export interface RaftMessage {
  kind: RaftMessageKind;
  clusterId: string;
  fromId: number;
  fromDirectoryId: Uuid;
  toId: number;
  term: number;
  /**
   * append: the entry just before; vote: end and epoch of the candidate's log; reply: where the follower's
   * log stands.
   */
  previousEnd: number;
  previousEpoch: number;
  /** append: record batches (epoch = term); snapshot: a piece. */
  payload: Uint8Array;
  commitEnd: number;
  /** append, appendReply: number of the probe or round, for check-quorum and reads. */
  round: number;
  /** replies: yes; hello: the sender could lead, if it were a voter. */
  granted: boolean;
  /** appendReply: end of what the follower holds on disk and agrees with. */
  durableEnd: number;
  /** snapshot: what it covers, where the piece starts, whether it is the last. */
  snapshotEnd: number;
  snapshotEpoch: number;
  piecePosition: number;
  lastPiece: boolean;
  /** vote: this election was asked for by the leader (overrides stickiness). */
  transfer: boolean;
}

// ---- Replication: positions up, data down. ----

export interface PullPosition {
  topicId: Uuid;
  partition: number;
  leaderEpoch: number;
  /** Next offset the follower wants. */
  readOffset: number;
  /** Leader epoch of its last record, -1 when its log is empty. */
  lastEpoch: number;
  /** End of what it holds on disk. */
  durableOffset: number;
  logStartOffset: number;
  /**
   * Grows on this stream each time the follower starts this partition (anew). A round not seen before: send
   * from
   * readOffset, whatever was sent before. The round the leader already serves: only a report of progress.
   */
  round: number;
  /** True to have this partition left out from now on. */
  stop: boolean;
  /** The log directory that holds this log; left out (empty) once the leader has answered in this round. */
  directoryId: string;
}

export interface PullPositions {
  nodeId: number;
  brokerEpoch: number;
  /** Bytes of PullData records received so far on this stream: gives the leader its credit back. */
  receivedBytes: number;
  positions: PullPosition[];
}

export interface PullPart {
  topicId: Uuid;
  partition: number;
  leaderEpoch: number;
  errorCode: number;
  highWatermark: number;
  logStartOffset: number;
  /**
   * -1, or: cut your log to (divergingEpoch, divergingEnd) and ask again. With OFFSET_OUT_OF_RANGE: the epoch
   * is -1
   * and the end is the end of the leader's log.
   */
  divergingEpoch: number;
  divergingEnd: number;
  /** The round this part answers; the follower ignores parts of other rounds. */
  round: number;
  /** The offset the records were read from: the position asked for, then where the part before ended. */
  readOffset: number;
  /** Whole record batches, a view that lives as long as the message. */
  records: Uint8Array;
}

export interface PullData {
  parts: PullPart[];
}

// ---- The two ends ----

export interface PeerCaller {
  forward(request: ForwardRequest, options: { timeoutMs: number }): Promise<ForwardResponse>;
  registerBroker(
    request: RegisterBrokerRequest,
    options: { timeoutMs: number },
  ): Promise<RegisterBrokerResponse>;
  alterPartition(
    request: AlterPartitionRequest,
    options: { timeoutMs: number },
  ): Promise<AlterPartitionResponse>;
  allocateProducerIds(
    request: AllocateProducerIdsRequest,
    options: { timeoutMs: number },
  ): Promise<AllocateProducerIdsResponse>;
  openSession(): PeerStream<SessionBeat, SessionAnswer>;
  openRaft(): PeerStream<RaftMessage, RaftMessage>;
  openPull(): PeerStream<PullPositions, PullData>;
  /** Ends all streams and pending calls (they fail). */
  close(): void;
}

/**
 * A call that fails in transport rejects with an Error; the caller does not know whether it was carried out.
 */
export interface Peers {
  connect(address: PeerAddress): PeerCaller;
}

/** What a node offers to its peers. Stream methods must call `stream.start` before they return. */
export interface PeerApi {
  forward(request: ForwardRequest): Promise<ForwardResponse>;
  registerBroker(request: RegisterBrokerRequest): Promise<RegisterBrokerResponse>;
  alterPartition(request: AlterPartitionRequest): Promise<AlterPartitionResponse>;
  allocateProducerIds(request: AllocateProducerIdsRequest): Promise<AllocateProducerIdsResponse>;
  session(stream: PeerStream<SessionAnswer, SessionBeat>): void;
  raft(stream: PeerStream<RaftMessage, RaftMessage>): void;
  pull(stream: PeerStream<PullData, PullPositions>): void;
}
