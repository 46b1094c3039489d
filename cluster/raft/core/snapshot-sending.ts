// core: the leader's side of a snapshot: one piece at a time, the next when the last was taken, the same
// again when no answer came. The receiver says where it wants to go on, so that a broken transfer resumes.
//
// A newer snapshot made meanwhile does not disturb a transfer; only if the old one is gone the new one is
// sent from its beginning. Source: Raft paper 7; KIP-630.
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import type { Progress } from "./progress.ts";
import type { RaftState } from "./state.ts";

export function startSnapshot(state: RaftState, progress: Progress): void {
  const { snapshot } = state;
  if (snapshot.end === 0) {
    const fields = { id: progress.id, next: progress.next, logStart: state.log.startOffset };
    state.note("error", "a node needs what the log no longer has, and there is no snapshot", fields);
    return;
  }
  progress.snapshot(snapshot);
  state.note("info", "sending a snapshot", { id: progress.id, snapshotEnd: snapshot.end });
  sendPiece(state, progress);
}

function sendPiece(state: RaftState, progress: Progress): void {
  const sending = progress.sending!;
  sending.round = ++state.round;
  sending.ticksSinceSent = 0;
  const message = state.message({
    kind: "snapshot",
    toId: progress.id,
    term: state.term,
    commitEnd: state.commitEnd,
    round: sending.round,
    snapshotEnd: sending.end,
    snapshotEpoch: sending.epoch,
    piecePosition: sending.position,
  });
  state.emit({ kind: "sendPiece", message });
}

/** An answer that does not come within an election timeout is not waited for. */
export function tickSnapshot(state: RaftState, progress: Progress): void {
  const { sending } = progress;
  if (sending === null) return;
  sending.ticksSinceSent += 1;
  if (sending.ticksSinceSent >= state.ticks.election) sendPiece(state, progress);
}

/** Of this leader's term. True: the node has what the snapshot covers; go on with entries. */
export function onSnapshotReply(state: RaftState, progress: Progress, message: RaftMessage): boolean {
  const { sending } = progress;
  progress.isActive = true;
  if (message.granted && message.durableEnd <= state.log.end) {
    progress.acknowledged(message.durableEnd, state.round);
  }
  if (sending === null || sending.end !== message.snapshotEnd || sending.epoch !== message.snapshotEpoch) {
    return false;
  }
  if (message.granted) {
    progress.probe(Math.max(sending.end, progress.match));
    state.note("info", "a snapshot has arrived", { id: progress.id, snapshotEnd: sending.end });
    return true;
  }
  // Answers to pieces that were sent again would multiply the pieces under way.
  if (message.round !== sending.round) return false;
  sending.position = message.piecePosition;
  sendPiece(state, progress);
  return false;
}

/** The piece that was to be sent is gone: begin anew with the latest snapshot. */
export function onSnapshotUnavailable(state: RaftState, id: number): void {
  const progress = state.progress.get(id);
  if (progress?.sending === null || progress === undefined) return;
  const { end, position } = progress.sending;
  progress.probe(progress.match);
  // The latest one itself cannot be read from its beginning: the next heartbeat tries again.
  if (end !== state.snapshot.end || position > 0) startSnapshot(state, progress);
}
