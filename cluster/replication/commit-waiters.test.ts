// test: who waits is answered in order, once.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/errors.ts";
import { CommitWaiters } from "./commit-waiters.ts";

function setup() {
  const waiters = new CommitWaiters();
  const answers: [number, number][] = [];
  const add = (end: number, deadlineMs: number): void =>
    waiters.add({ end, deadlineMs, settle: (code) => void answers.push([end, code]) });
  return { waiters, answers, add };
}

describe("commit waiters", () => {
  it("answers those that are reached, in order of their ends", () => {
    const { waiters, answers, add } = setup();
    add(20, 100);
    add(10, 100);
    add(30, 100);
    waiters.reached(20);
    expect(answers).toEqual([
      [10, ErrorCode.NONE],
      [20, ErrorCode.NONE],
    ]);
    expect(waiters.size).toBe(1);
  });

  it("lets go of those past their deadline, whatever their order", () => {
    const { waiters, answers, add } = setup();
    add(10, 300);
    add(20, 100);
    waiters.expire(99);
    expect(answers).toEqual([]);
    waiters.expire(100);
    expect(answers).toEqual([[20, ErrorCode.REQUEST_TIMED_OUT]]);
    waiters.expire(300);
    expect(waiters.size).toBe(0);
  });

  it("fails all at once, and never answers twice", () => {
    const { waiters, answers, add } = setup();
    add(10, 100);
    waiters.failAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    waiters.reached(50);
    waiters.expire(500);
    expect(answers).toEqual([[10, ErrorCode.NOT_LEADER_OR_FOLLOWER]]);
  });
});
