// test: where two logs part, and where a leader goes on from.
import { describe, expect, it } from "vitest";
import { PageCacheLog } from "../../../test/scenarios/page-cache-log.ts";
import { dataBatch } from "../../../test/scenarios/raft-machine.ts";
import { agreementWith, epochBefore, isUpToDate, largestAgreement, spansOf } from "./log-facts.ts";

const noSnapshot = { end: 0, epoch: -1 };

function logOf(epochs: readonly number[], start = 0): PageCacheLog {
  const log = new PageCacheLog();
  log.startAnewAt(start);
  for (const epoch of epochs) log.appendAsLeader(dataBatch(["x"]), epoch);
  return log;
}

/** Follower refuses, leader goes back, until they agree; answers where, and after how many refusals. */
function negotiate(leader: PageCacheLog, follower: PageCacheLog): { end: number; refusals: number } {
  let end = leader.end;
  for (let refusals = 0; ; refusals += 1) {
    const epoch = epochBefore(leader, noSnapshot, end)!;
    if (epochBefore(follower, noSnapshot, end) === epoch) return { end, refusals };
    end = agreementWith(leader, noSnapshot, largestAgreement(follower, noSnapshot, { end, epoch }));
  }
}

describe("the facts of two logs", () => {
  it("compares by epoch first, then by length", () => {
    expect(isUpToDate({ epoch: 3, end: 1 }, { epoch: 2, end: 9 })).toBe(true);
    expect(isUpToDate({ epoch: 2, end: 9 }, { epoch: 2, end: 9 })).toBe(true);
    expect(isUpToDate({ epoch: 2, end: 8 }, { epoch: 2, end: 9 })).toBe(false);
    expect(isUpToDate({ epoch: 1, end: 99 }, { epoch: 2, end: 9 })).toBe(false);
  });

  it("finds the point of agreement in as many steps as there are unlike epochs, at most", () => {
    const leader = logOf([1, 1, 1, 4, 4, 5, 5, 6, 6, 6]);
    expect(negotiate(leader, logOf([1, 1, 1, 4, 4, 5, 5, 6, 6]))).toEqual({ end: 9, refusals: 1 });
    expect(negotiate(leader, logOf([1, 1, 1, 4]))).toEqual({ end: 4, refusals: 1 });
    expect(negotiate(leader, logOf([1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]))).toEqual({ end: 10, refusals: 0 });
    expect(negotiate(leader, logOf([1, 1, 1, 4, 4, 4, 4]))).toEqual({ end: 5, refusals: 1 });
    expect(negotiate(leader, logOf([1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]))).toEqual({ end: 3, refusals: 1 });
    expect(negotiate(leader, logOf([]))).toEqual({ end: 0, refusals: 1 });
    expect(negotiate(leader, logOf([2, 3, 5]))).toEqual({ end: 0, refusals: 2 });
    expect(negotiate(logOf([1, 2, 4, 6, 8]), logOf([1, 3, 5, 7, 9]))).toEqual({ end: 1, refusals: 4 });
  });

  it("sends a follower whose log parts below the start of the leader's for the snapshot", () => {
    const snapshot = { end: 3, epoch: 2 };
    const leader = logOf([2, 3], 3);
    expect(agreementWith(leader, snapshot, { end: 3, epoch: 1 })).toBe(0);
    expect(agreementWith(leader, snapshot, { end: 9, epoch: 1 })).toBe(0);
    expect(agreementWith(leader, snapshot, { end: 9, epoch: 2 })).toBe(4);
    // The log goes on with a later epoch than that of the snapshot's end.
    expect(agreementWith(logOf([3], 3), snapshot, { end: 9, epoch: 2 })).toBe(3);
    expect(agreementWith(logOf([3], 3), snapshot, { end: 2, epoch: 2 })).toBe(0);
  });

  it("knows the epoch at the snapshot's end, and admits what it does not know", () => {
    const log = logOf([2, 3], 3);
    expect(epochBefore(log, { end: 3, epoch: 2 }, 3)).toBe(2);
    expect(epochBefore(log, { end: 4, epoch: 2 }, 3)).toBeNull();
    expect(epochBefore(log, { end: 3, epoch: 2 }, 5)).toBe(3);
    expect(epochBefore(log, { end: 3, epoch: 2 }, 6)).toBeNull();
    expect(epochBefore(log, noSnapshot, 0)).toBe(-1);
  });

  it("takes only whole batches that follow each other", () => {
    const log = logOf([1, 2]);
    const bytes = log.read({ from: 0, upTo: 2, maxBytes: 1e6, minOneBatch: true });
    expect(spansOf(bytes, 0)!.map(({ base, next, epoch }) => [base, next, epoch])).toEqual([
      [0, 1, 1],
      [1, 2, 2],
    ]);
    expect(spansOf(bytes, 1)).toBeNull();
    expect(spansOf(bytes.subarray(0, bytes.length - 1), 0)).toBeNull();
    expect(spansOf(new Uint8Array(0), 7)).toEqual([]);
  });
});
