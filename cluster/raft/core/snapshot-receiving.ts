// core: the follower's side of a snapshot. Pieces are taken in order; the answer always says where to go on.
// Pieces of one snapshot from one node belong together, whatever the term: what has come stays when the
// stream or the leadership breaks and the same node goes on. With the last piece the owner checks and stores
// the whole; only then the log is replaced and the leader told. Source: Raft paper 7; KIP-630.
import { assert } from "../../../base/assert.ts";
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import type { RaftState, SnapshotReceiving } from "./state.ts";
import type { Voter } from "./words.ts";

/** Of the present term, from its leader. */
export function onSnapshotPiece(state: RaftState, message: RaftMessage): void {
  const { snapshotEnd: end, snapshotEpoch: epoch } = message;
  if (state.receiving?.isWhole) {
    // It is being stored; the answer comes with it.
    if (isSame(state.receiving, message)) state.receiving.round = message.round;
    return;
  }
  if (end <= state.commitEnd || state.epochBefore(end) === epoch) {
    state.receiving = null;
    if (end > state.commitEnd) commitUpTo(state, end);
    reply(state, message, { granted: true, piecePosition: 0 });
    return;
  }
  const receiving = receivingOf(state, message);
  if (message.piecePosition === receiving.position && message.payload.length > 0) {
    const { piecePosition: position, payload, lastPiece: last } = message;
    receiving.position += payload.length;
    state.emit({ kind: "storePiece", end, epoch, position, payload, last });
    if (last) {
      receiving.isWhole = true;
      receiving.round = message.round;
      return;
    }
  }
  reply(state, message, { granted: false, piecePosition: receiving.position });
}

function isSame(receiving: SnapshotReceiving, message: RaftMessage): boolean {
  return (
    receiving.fromId === message.fromId &&
    receiving.fromDirectoryId === message.fromDirectoryId &&
    receiving.end === message.snapshotEnd &&
    receiving.epoch === message.snapshotEpoch
  );
}

function receivingOf(state: RaftState, message: RaftMessage): SnapshotReceiving {
  if (state.receiving !== null && isSame(state.receiving, message)) return state.receiving;
  state.receiving = {
    end: message.snapshotEnd,
    epoch: message.snapshotEpoch,
    fromId: message.fromId,
    fromDirectoryId: message.fromDirectoryId,
    position: 0,
    isWhole: false,
    round: message.round,
  };
  return state.receiving;
}

/** The log turned out to hold all that the snapshot covers. */
function commitUpTo(state: RaftState, end: number): void {
  state.commitEnd = end;
  state.agreedEnd = Math.max(state.agreedEnd, end);
  state.emit({ kind: "commit", end });
}

function reply(
  state: RaftState,
  message: Pick<RaftMessage, "fromId" | "snapshotEnd" | "snapshotEpoch" | "round">,
  answer: { granted: boolean; piecePosition: number; durableEnd?: number },
): void {
  const { granted, piecePosition } = answer;
  const durableEnd = answer.durableEnd ?? (granted ? Math.min(state.log.durableEnd, state.agreedEnd) : 0);
  state.send({
    kind: "snapshotReply",
    toId: message.fromId,
    term: state.term,
    round: message.round,
    granted,
    durableEnd,
    snapshotEnd: message.snapshotEnd,
    snapshotEpoch: message.snapshotEpoch,
    piecePosition,
  });
}

/** The whole snapshot is on disk and sound. */
export function onSnapshotReceived(
  state: RaftState,
  mark: { end: number; epoch: number; voters: readonly Voter[] | null },
): void {
  const { receiving } = state;
  state.receiving = null;
  const { end, epoch, voters } = mark;
  if (end <= state.commitEnd) return;
  const holdsAll = state.epochBefore(end) === epoch;
  assert(holdsAll || state.role !== "leader", `a leader should hold what is committed, up to ${end}`);
  state.snapshot = { end, epoch };
  state.commitEnd = end;
  if (holdsAll) {
    // The entries came in another way meanwhile: the log stays, and the state machine goes on by entries.
    state.voters.fold(end);
    state.emit({ kind: "commit", end });
  } else {
    state.voters.replace(voters);
    state.emit({ kind: "installSnapshot", end, epoch });
  }
  state.agreedEnd = Math.max(state.agreedEnd, end);
  if (receiving === null || state.leaderId !== receiving.fromId) return;
  const { fromId, round } = receiving;
  // The snapshot stands for the entries below its end, and it is on disk.
  state.acknowledgedEnd = end;
  const answered = { fromId, round, snapshotEnd: end, snapshotEpoch: epoch };
  reply(state, answered, { granted: true, piecePosition: 0, durableEnd: end });
}

export function onSnapshotDamaged(state: RaftState): void {
  const { receiving } = state;
  state.receiving = null;
  if (receiving === null || state.leaderId !== receiving.fromId) return;
  const { fromId, round, end, epoch } = receiving;
  const answered = { fromId, round, snapshotEnd: end, snapshotEpoch: epoch };
  reply(state, answered, { granted: false, piecePosition: 0 });
}
