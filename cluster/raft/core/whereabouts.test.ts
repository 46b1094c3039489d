// test: a voter that was away while the voters changed finds a leader that its own log does not name.
import { describe, expect, it } from "vitest";
import { realCodecs as codecs } from "../../../base/real/codecs.ts";
import { PageCacheLog } from "../../../test/scenarios/page-cache-log.ts";
import { makeMessage } from "./messages.ts";
import { RaftCore } from "./step.ts";
import { buildVotersBatch, encodeVoters } from "./voters-record.ts";
import type { RaftEffect, Voter } from "./words.ts";

const directoryOf = (id: number): string => `AAAAAAAAAAAAAAAAAAAA${id}A`;
const voters = (...ids: number[]): Voter[] =>
  ids.map((id) => ({ id, directoryId: directoryOf(id), host: `h${id}`, port: 1 }));

/** Node 1, whose log says that 1, 2 and 3 vote. */
function nodeThatWasAway(): RaftCore {
  const log = new PageCacheLog();
  log.appendAsLeader(buildVotersBatch({ voters: voters(1, 2, 3), codecs, timestamp: 1 }), 1);
  return new RaftCore({
    nodeId: 1,
    directoryId: directoryOf(1),
    clusterId: "c",
    ticks: { election: 10, heartbeat: 2, seek: 1 },
    log,
    codecs,
    random: () => 0,
    hardState: { term: 1, vote: null },
    configuredVoters: voters(1, 2, 3),
    snapshot: { end: 0, epoch: -1 },
    snapshotVoters: null,
  });
}

const sentTo = (effects: RaftEffect[]): string[] =>
  effects.flatMap((one) => (one.kind === "send" ? [`${one.message.kind} ${one.message.toId}`] : []));

function ticks(core: RaftCore, count: number): string[] {
  return Array.from({ length: count }, () => sentTo(core.step({ kind: "tick" }))).flat();
}

describe("a voter that was removed while it was away", () => {
  it("asks the leader too that it hears of from the voters that it knows", () => {
    const core = nodeThatWasAway();
    expect(new Set(ticks(core, 40))).toEqual(new Set(["preVote 2", "preVote 3"]));
    const from = { nodeId: 2, directoryId: directoryOf(2), clusterId: "c" };
    const told = { kind: "voters", toId: 1, term: 2, commitEnd: 9 } as const;
    core.step({
      kind: "message",
      message: makeMessage(from, { ...told, payload: encodeVoters(voters(2, 3, 4)) }),
    });
    expect(new Set(ticks(core, 40))).toEqual(new Set(["preVote 2", "preVote 3", "hello 4"]));
  });

  it("asks nobody any more once the leader is heard", () => {
    const core = nodeThatWasAway();
    const from = { nodeId: 4, directoryId: directoryOf(4), clusterId: "c" };
    const append = { kind: "append", toId: 1, term: 2, previousEnd: 1, previousEpoch: 1, round: 1 } as const;
    const effects = core.step({ kind: "message", message: makeMessage(from, append) });
    const { number } = effects.find((one) => one.kind === "persist")!;
    core.step({ kind: "persisted", number });
    expect(core.state.leaderId).toBe(4);
    expect(ticks(core, 9)).toEqual([]);
  });
});
