// core: makes messages, and says which of those that came in can be looked at at all. What the fields mean
// for each kind:
//
//   hello          a stream begins here, or: I am no voter (known to me) and hear no leader
//   preVote, vote  previousEnd, previousEpoch: end and last epoch of the sender's log; transfer. A pre-vote
//                  carries the term it would campaign in
//   *Reply         granted. A granted pre-vote carries the term asked for, a refused one the sender's own
//   append         the batches in payload follow (previousEnd, previousEpoch); commitEnd; round: number of
//                  this message, never twice in a term. Empty: heartbeat, probe or news of a commit.
//                  (0, -1) always fits: "are you there?"
//   appendReply    granted: the log agrees with the leader's up to previousEnd, and holds it on disk up to
//                  durableEnd; round: the newest seen. Refused: the sender's log up to (previousEpoch,
//                  previousEnd) is the most that can agree; round: of the append refused
//   snapshot       payload: bytes of snapshot (snapshotEnd, snapshotEpoch) from piecePosition; lastPiece;
//                  round
//   snapshotReply  piecePosition: what it wants next of that snapshot; granted: needs no more, durableEnd as
//                  in appendReply; round: of the piece answered
//   timeoutNow     campaign at once
//   voters         to a node that looks for the leader: payload: the voters by this node's log (a
//   VotersRecord,
//                  see voters-record.ts), of which commitEnd is committed
import type { RaftMessage, RaftMessageKind } from "../../../proto/peer/peer-api.ts";

export const noBytes = new Uint8Array(0);

/** Terms are leader epochs, which have 31 bits in a record batch. */
const termMax = 2 ** 31 - 1;

export type MessageFields = Partial<RaftMessage> & Pick<RaftMessage, "kind" | "toId" | "term">;

/** Fields that a kind does not use get their empty values. */
export function makeMessage(
  from: { nodeId: number; directoryId: string; clusterId: string },
  fields: MessageFields,
): RaftMessage {
  return {
    clusterId: from.clusterId,
    fromId: from.nodeId,
    fromDirectoryId: from.directoryId,
    previousEnd: 0,
    previousEpoch: 0,
    payload: noBytes,
    commitEnd: 0,
    round: 0,
    granted: false,
    durableEnd: 0,
    snapshotEnd: 0,
    snapshotEpoch: 0,
    piecePosition: 0,
    lastPiece: false,
    transfer: false,
    ...fields,
  };
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** Why a message cannot be what a node of this cluster says to this node; null when it can. */
export function whyForeign(message: RaftMessage, self: { nodeId: number; clusterId: string }): string | null {
  const { term, fromId, toId, clusterId } = message;
  if (clusterId !== self.clusterId) return `it is from cluster "${clusterId}", not "${self.clusterId}"`;
  if (toId !== self.nodeId) return `it is for node ${toId}, not ${self.nodeId}`;
  if (fromId === self.nodeId) return `another node claims this node's id ${fromId}`;
  if (!isCount(fromId)) return `node id ${fromId} is impossible`;
  if (!isCount(term) || term > termMax) return `term ${term} is impossible`;
  const { previousEnd, previousEpoch, commitEnd, round, durableEnd } = message;
  const { snapshotEnd, snapshotEpoch, piecePosition } = message;
  const counts = [previousEnd, commitEnd, round, durableEnd, snapshotEnd, piecePosition];
  if (!counts.every(isCount)) return `one of its offsets ${counts} is impossible`;
  const epochs = [previousEpoch, snapshotEpoch];
  if (!epochs.every((epoch) => Number.isSafeInteger(epoch) && epoch >= -1)) {
    return `one of its epochs ${epochs} is impossible`;
  }
  return null;
}

const kindsOfLeaders: ReadonlySet<RaftMessageKind> = new Set(["append", "snapshot", "timeoutNow"]);

/** Only the leader of the message's term says such a thing. */
export function isFromLeader(message: RaftMessage): boolean {
  return kindsOfLeaders.has(message.kind);
}
