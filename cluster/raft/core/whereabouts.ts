// core: how a node finds the leader though what it knows of the voters is old: a node that was away while
// voters changed, or was removed meanwhile, or begins with an older configuration. Whom it asks, and is not
// the leader, tells it the voters of its own log. What is heard this way only says where to ask next; who
// votes is read in the log alone.
import { limits } from "../../../base/limits.ts";
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import type { RaftState } from "./state.ts";
import { decodeVoters, encodeVoters } from "./voters-record.ts";

/** Ids of all nodes that may lead, or know who does. */
export function placesToAsk(state: RaftState): number[] {
  const { voterSet, hint, configuredIds } = state;
  const hinted = hint?.voters.map(({ id }) => id) ?? [];
  return [...new Set([...voterSet.ids, ...hinted, ...configuredIds])].sort((a, b) => a - b);
}

/** To a node that looks for the leader and asked this one, which does not lead. */
export function tellVoters(state: RaftState, toId: number): void {
  if (!state.voters.isRecorded) return;
  const { term, commitEnd } = state;
  state.send({ kind: "voters", toId, term, commitEnd, payload: encodeVoters(state.voterSet.voters) });
}

export function onToldVoters(state: RaftState, message: RaftMessage): void {
  const { commitEnd, payload, fromId } = message;
  if (state.leaderId >= 0 || commitEnd <= (state.hint?.commitEnd ?? state.commitEnd)) return;
  try {
    const voters = decodeVoters(payload);
    if (voters.length <= limits.raftVotersMax) state.hint = { commitEnd, voters };
  } catch (error) {
    state.note("warn", "ignoring what a node says of the voters", { from: fromId, error: String(error) });
  }
}

/** The own log says as much. */
export function forgetOldHint(state: RaftState): void {
  if (state.hint !== null && state.commitEnd >= state.hint.commitEnd) state.hint = null;
}
