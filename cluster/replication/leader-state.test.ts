// test: the rules of the leader, one by one.
import { describe, expect, it } from "vitest";
import type { Uuid } from "../../base/uuid.ts";
import type { BrokerStanding } from "./follower-progress.ts";
import { type CommittedPartition, LeaderState } from "./leader-state.ts";

const lagTimeMaxMs = 1000;

const directoryNumber = (number: number): Uuid => `directory-${number}`;

function setup(
  options: {
    isr?: number[];
    min?: number;
    durable?: boolean;
    highWatermark?: number;
    epochStart?: number;
  } = {},
) {
  const standings = new Map<number, BrokerStanding>([
    [1, { epoch: 11, eligible: true }],
    [2, { epoch: 12, eligible: true }],
    [3, { epoch: 13, eligible: true }],
  ]);
  const committed: CommittedPartition = {
    leaderEpoch: 5,
    partitionEpoch: 9,
    replicas: [1, 2, 3],
    isr: options.isr ?? [1, 2, 3],
    directories: [1, 2, 3].map(directoryNumber),
  };
  /** Where the replicas say that their logs are. */
  const places = ["", ...committed.directories];
  const state = new LeaderState({
    nodeId: 1,
    committed,
    settings: { minInsyncReplicas: options.min ?? 2, countsDurable: options.durable ?? true, lagTimeMaxMs },
    standingOf: (id) => standings.get(id) ?? { epoch: -1, eligible: false },
    epochStart: options.epochStart ?? 100,
    end: 100,
    durableEnd: 100,
    highWatermark: options.highWatermark ?? 100,
    nowMs: 0,
  });
  const report = (id: number, read: number, durable: number, nowMs: number, epoch = 10 + id): boolean => {
    const position = { readOffset: read, durableOffset: durable, logStartOffset: 0 };
    return state.reported(id, { brokerEpoch: epoch, directoryId: places[id]!, ...position }, nowMs);
  };
  const commit = (change: Partial<CommittedPartition>, nowMs = 0) =>
    state.applyCommitted({ ...committed, partitionEpoch: state.partitionEpoch + 1, ...change }, nowMs);
  return { state, standings, places, report, commit };
}

describe("the high watermark", () => {
  it("waits for what every member has on disk, the leader included", () => {
    const { state, report } = setup();
    state.appended(110, 1);
    report(2, 110, 110, 2);
    report(3, 110, 104, 2);
    expect(state.advance(2)).toBe(false);
    state.durable(108);
    expect(state.advance(2)).toBe(true);
    expect(state.highWatermark).toBe(104);
    report(3, 110, 110, 3);
    state.advance(3);
    expect(state.highWatermark).toBe(108);
  });

  it("counts log ends under flush policy os", () => {
    const { state, report } = setup({ durable: false });
    state.appended(110, 1);
    report(2, 110, 0, 2);
    report(3, 107, 0, 2);
    state.advance(2);
    expect(state.highWatermark).toBe(107);
  });

  it("does not move before every member has said where it stands in this epoch", () => {
    const { state, report } = setup();
    state.appended(110, 1);
    state.durable(110);
    report(2, 110, 110, 2);
    expect(state.advance(2)).toBe(false);
  });

  it("stands still below min.insync.replicas, which counts at most the replicas there are", () => {
    const { state } = setup({ isr: [1] });
    state.appended(110, 1);
    state.durable(110);
    expect(state.advance(2)).toBe(false);
    const single = setup({ isr: [1], min: 5 });
    single.commit({ replicas: [1], isr: [1] });
    single.state.appended(110, 1);
    single.state.durable(110);
    expect(single.state.advance(2)).toBe(true);
  });

  it("still waits for a member whose removal is only proposed", () => {
    const { state, report, commit } = setup();
    state.appended(110, 1);
    state.durable(110);
    report(2, 110, 110, 2);
    report(3, 100, 100, 2);
    report(2, 110, 110, 2000);
    const proposal = state.propose(2000)!;
    expect(proposal.isr.map((member) => member.nodeId)).toEqual([1, 2]);
    expect(state.advance(2000)).toBe(false);
    state.answered(proposal, "accepted", 2001);
    expect(state.advance(2001)).toBe(false);
    expect(commit({ isr: [1, 2] }, 2002)).toEqual({ left: [3], joined: [] });
    expect(state.advance(2002)).toBe(true);
    expect(state.highWatermark).toBe(110);
  });

  it("waits for a member whose joining is only proposed, even once it is slow", () => {
    const { state, report } = setup({ isr: [1, 2] });
    report(2, 100, 100, 1);
    report(3, 100, 100, 1);
    const proposal = state.propose(1)!;
    expect(proposal.isr).toEqual([1, 2, 3].map((nodeId) => ({ nodeId, brokerEpoch: 10 + nodeId })));
    state.appended(110, 1);
    state.durable(110);
    report(2, 110, 110, 5000);
    expect(state.advance(5000)).toBe(false);
    expect(state.highWatermark).toBe(100);
  });

  it("waits on for an addition that was refused after a call of unknown fate", () => {
    const { state, standings, report } = setup({ isr: [1, 2] });
    report(2, 100, 100, 1);
    report(3, 100, 100, 1);
    const proposal = state.propose(1)!;
    state.answered(proposal, "unknown", 2);
    state.answered(proposal, "refused", 3);
    state.appended(110, 4);
    state.durable(110);
    report(2, 110, 110, 5000);
    expect(state.advance(5000)).toBe(false);
    standings.set(3, { epoch: 13, eligible: false });
    expect(state.advance(5001)).toBe(true);
  });

  it("does not count what a follower said under an older registration", () => {
    const { state, standings, report } = setup({ isr: [1, 2] });
    state.appended(110, 1);
    state.durable(110);
    report(2, 110, 110, 2);
    standings.set(2, { epoch: 22, eligible: true });
    expect(state.advance(3)).toBe(false);
    expect(report(2, 104, 104, 4, 22)).toBe(true);
    expect(report(2, 110, 110, 4, 12)).toBe(false);
    state.advance(5);
    expect(state.highWatermark).toBe(104);
  });

  it("never goes back, and is unknown to readers until it reaches the start of the epoch", () => {
    const { state, report, commit } = setup({ isr: [1, 2], highWatermark: 90 });
    expect(state.knowsLatest).toBe(false);
    report(2, 100, 100, 1);
    state.advance(1);
    expect(state.knowsLatest).toBe(true);
    commit({ isr: [1, 2, 3] });
    report(3, 50, 50, 2);
    expect(state.advance(2)).toBe(false);
    expect(state.highWatermark).toBe(100);
  });
});

describe("the in-sync set", () => {
  it("loses a follower that was not at the end for longer than the lag time", () => {
    const { state, report } = setup({ isr: [1, 2] });
    report(2, 100, 100, 10);
    state.appended(110, 5000);
    expect(state.propose(5900)).toBe(null);
    expect(state.propose(6001)?.isr.map((member) => member.nodeId)).toEqual([1]);
  });

  it("keeps a follower that is always one step behind a busy leader", () => {
    const { state, report } = setup({ isr: [1, 2] });
    for (let step = 1; step <= 50; step++) {
      state.appended(100 + step * 10, step * 100);
      report(2, 100 + (step - 1) * 10, 100 + (step - 1) * 10, step * 100 + 50);
    }
    expect(state.propose(5100)).toBe(null);
  });

  it("loses a follower that reads on but whose disk stands still", () => {
    const { state, report } = setup({ isr: [1, 2] });
    report(2, 100, 100, 1);
    for (let step = 1; step <= 30; step++) {
      state.appended(100 + step, step * 100);
      report(2, 100 + step, 100, step * 100 + 1);
    }
    expect(state.propose(3001)?.isr.map((member) => member.nodeId)).toEqual([1]);
  });

  it("gains a follower whose disk reached the high watermark and the start of the epoch", () => {
    const { state, report } = setup({ isr: [1, 2], highWatermark: 80 });
    report(2, 80, 80, 1);
    report(3, 100, 99, 1);
    expect(state.propose(1)).toBe(null);
    report(3, 100, 100, 2);
    expect(state.propose(2)?.isr.map((member) => member.nodeId)).toEqual([1, 2, 3]);
  });

  it("does not gain one whose stream has ended before it speaks again", () => {
    const { state, report } = setup({ isr: [1, 2] });
    report(2, 100, 100, 1);
    report(3, 100, 100, 1);
    state.followerGone(3);
    expect(state.propose(2)).toBe(null);
    report(3, 100, 100, 3);
    expect(state.propose(3)?.isr.map((member) => member.nodeId)).toEqual([1, 2, 3]);
  });

  it("gives one that joined its full time to reach the end", () => {
    const { state, report, commit } = setup({ isr: [1, 2] });
    report(2, 100, 100, 1);
    state.appended(150, 5000);
    report(2, 150, 150, 5000);
    report(3, 100, 100, 5000);
    expect(state.propose(5000)?.isr).toHaveLength(3);
    commit({ isr: [1, 2, 3] }, 5010);
    expect(state.propose(5900)).toBe(null);
    expect(state.propose(6100)?.isr.map((member) => member.nodeId)).toEqual([1, 2]);
  });

  it("does not gain one that is fenced or not of the registered epoch", () => {
    const { state, standings, report } = setup({ isr: [1, 2] });
    standings.set(3, { epoch: 13, eligible: false });
    report(2, 100, 100, 1);
    report(3, 100, 100, 1);
    expect(state.propose(1)).toBe(null);
    standings.set(3, { epoch: 14, eligible: true });
    expect(state.propose(1)).toBe(null);
    report(3, 100, 100, 1, 14);
    expect(state.propose(1)).not.toBe(null);
  });

  it("does not gain one that speaks of a log in another directory than the metadata names", () => {
    const { state, places, report, commit } = setup({ isr: [1, 2] });
    // The directory of replica 3 is lost; what it said of the log there may still be on its way.
    commit({ isr: [1, 2], directories: ["directory-1", "directory-2", "another"] });
    report(2, 100, 100, 1);
    report(3, 100, 100, 1);
    expect(state.propose(1)).toBeNull();
    expect(state.inSyncFollowers().map(({ nodeId }) => nodeId)).toEqual([2]);
    places[3] = "another";
    report(3, 40, 40, 2);
    expect(state.propose(2)).toBeNull();
    report(3, 100, 100, 3);
    expect(state.propose(3)!.isr.map(({ nodeId }) => nodeId)).toEqual([1, 2, 3]);
  });

  it("asks once, again after a refusal, and not at all once a newer record came", () => {
    const { state, report, commit } = setup({ isr: [1, 2] });
    report(2, 100, 100, 1);
    report(3, 100, 100, 1);
    const first = state.propose(1)!;
    expect(state.propose(1)).toBe(null);
    expect(state.answered(first, "refused", 2)).toBe(true);
    expect(state.propose(3)).toBe(null);
    const second = state.propose(600)!;
    commit({ isr: [1, 2, 3] }, 601);
    expect(state.answered(second, "accepted", 602)).toBe(false);
    expect(state.isr).toEqual([1, 2, 3]);
  });

  it("is quiet only when everybody has everything and is in", () => {
    const { state, report, commit } = setup({ isr: [1, 2] });
    report(2, 100, 100, 1);
    report(3, 100, 100, 1);
    expect(state.isQuiet).toBe(false);
    commit({ isr: [1, 2, 3] });
    expect(state.isQuiet).toBe(true);
    state.appended(101, 2);
    expect(state.isQuiet).toBe(false);
  });
});
