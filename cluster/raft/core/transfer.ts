// core: handing leadership over: the most caught-up voter gets everything this leader has, then is told to
// campaign at once. Until it takes over, or an election timeout has passed, no proposals are taken.
// Source: Raft dissertation 3.10.
import type { Progress } from "./progress.ts";
import { becomeFollower } from "./roles.ts";
import type { RaftState } from "./state.ts";

export function startTransfer(state: RaftState): void {
  if (state.role !== "leader" || state.transfer !== null) {
    if (state.transfer === null) state.emit({ kind: "transferFailed" });
    return;
  }
  const target = mostCaughtUp(state);
  if (target === undefined) {
    state.emit({ kind: "transferFailed" });
    return;
  }
  state.transfer = { target: target.id, ticks: 0, isAsked: false };
  state.note("info", "handing leadership over", { to: target.id });
  advanceTransfer(state, target);
}

/**
 * What was to be appended did not fit on the disk. A leader that can write nothing steps aside for one that
 * can, and names it; what it had proposed is taken back with its leadership.
 */
export function onNoRoom(state: RaftState): void {
  state.lacksRoom = true;
  if (state.role !== "leader") return;
  const heir = mostCaughtUp(state);
  const to = heir?.id ?? -1;
  state.note("warn", "the disk has no room for the metadata log: stepping aside as its leader", { to });
  if (heir !== undefined) state.send({ kind: "timeoutNow", toId: heir.id, term: state.term });
  becomeFollower(state, state.term, -1);
}

function mostCaughtUp(state: RaftState): Progress | undefined {
  const candidates = [...state.progress.values()].filter(
    (progress) => state.counts(progress) && state.isReachable(progress),
  );
  return candidates.sort((a, b) => b.match - a.match || a.id - b.id)[0];
}

/** Something was acknowledged: if it is the chosen one and it has everything, its moment has come. */
export function advanceTransfer(state: RaftState, progress: Progress): void {
  const { transfer } = state;
  if (transfer === null || transfer.target !== progress.id || transfer.isAsked) return;
  if (progress.match < state.log.end) return;
  transfer.isAsked = true;
  state.send({ kind: "timeoutNow", toId: progress.id, term: state.term });
}

export function tickTransfer(state: RaftState): void {
  const { transfer } = state;
  if (transfer === null) return;
  transfer.ticks += 1;
  if (transfer.ticks < state.ticks.election) return;
  state.transfer = null;
  state.note("warn", "the chosen voter did not take over in time", { target: transfer.target });
  state.emit({ kind: "transferFailed" });
}
