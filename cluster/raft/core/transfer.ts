// core: handing leadership over: the most caught-up voter gets everything this leader has, then is told to
// campaign at once. Until it takes over, or an election timeout has passed, no proposals are taken.
// Source: Raft dissertation 3.10.
import type { Progress } from "./progress.ts";
import type { RaftState } from "./state.ts";

export function startTransfer(state: RaftState): void {
  if (state.role !== "leader" || state.transfer !== null) {
    if (state.transfer === null) state.emit({ kind: "transferFailed" });
    return;
  }
  const candidates = [...state.progress.values()].filter(
    (progress) => state.counts(progress) && state.isReachable(progress),
  );
  const target = candidates.sort((a, b) => b.match - a.match || a.id - b.id)[0];
  if (target === undefined) {
    state.emit({ kind: "transferFailed" });
    return;
  }
  state.transfer = { target: target.id, ticks: 0, isAsked: false };
  state.note("info", "handing leadership over", { to: target.id });
  advanceTransfer(state, target);
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
