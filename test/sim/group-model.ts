// test: what members of groups did and were told: which records they finished, which commits were
// acknowledged, what they found committed. Knows what a member may conclude from an answer, and nothing of
// coordinators.
import type { CheckCounts } from "./violation.ts";

interface Attempt {
  readonly offset: number;
  readonly begunAt: number;
  /** Infinity while nobody has said that it is committed: it may be, or will be yet. */
  acknowledgedAt: number;
}

export class GroupModel {
  readonly #checks: CheckCounts;
  /** Offsets that a member of the group has finished, by group and partition. */
  readonly #finished = new Map<string, Set<number>>();
  /** How far it was found that all is finished. */
  readonly #finishedTo = new Map<string, number>();
  /** Commits of which one must be what is committed, by group and partition. */
  readonly #attempts = new Map<string, Attempt[]>();
  #clock = 0;
  acknowledgedCommits = 0;
  fetchedCommits = 0;

  constructor(checks: CheckCounts) {
    this.#checks = checks;
  }

  // ---- Records ----

  finish(groupId: string, partition: number, offset: number): void {
    const key = keyOf(groupId, partition);
    const finished = this.#finished.get(key) ?? new Set();
    this.#finished.set(key, finished.add(offset));
  }

  /** Whether every offset below `end` was finished by some member. */
  isFinished(groupId: string, partition: number, end: number): boolean {
    return this.#gapBelow(groupId, partition, end) === null;
  }

  #gapBelow(groupId: string, partition: number, end: number): number | null {
    const key = keyOf(groupId, partition);
    const finished = this.#finished.get(key);
    let at = this.#finishedTo.get(key) ?? 0;
    while (at < end && finished?.has(at)) at++;
    this.#finishedTo.set(key, Math.max(at, this.#finishedTo.get(key) ?? 0));
    return at < end ? at : null;
  }

  /** A coordinator has this offset committed. */
  committed(groupId: string, partition: number, offset: number): void {
    const gap = this.#gapBelow(groupId, partition, offset);
    this.#checks.hold(
      "groups: what is committed was processed",
      gap === null,
      () => `${groupId} has ${offset} of partition ${partition} committed; nobody finished ${gap}`,
    );
  }

  // ---- Commits ----

  begin(groupId: string, partition: number, offset: number): Attempt {
    const attempt = { offset, begunAt: ++this.#clock, acknowledgedAt: Number.POSITIVE_INFINITY };
    const key = keyOf(groupId, partition);
    const attempts = this.#attempts.get(key) ?? [];
    attempts.push(attempt);
    this.#attempts.set(key, attempts);
    return attempt;
  }

  acknowledge(groupId: string, partition: number, attempt: Attempt): void {
    this.acknowledgedCommits++;
    attempt.acknowledgedAt = ++this.#clock;
    const key = keyOf(groupId, partition);
    // What was acknowledged before this one began has been overwritten.
    const left = this.#attempts.get(key)!.filter((one) => one.acknowledgedAt > attempt.begunAt);
    this.#attempts.set(key, left);
  }

  /** Before a member asks what is committed. */
  beginFetch(): number {
    return ++this.#clock;
  }

  /** -1: nothing. */
  fetched(at: { groupId: string; partition: number; begunAt: number }, offset: number): void {
    const { groupId, partition, begunAt } = at;
    this.fetchedCommits++;
    const attempts = this.#attempts.get(keyOf(groupId, partition)) ?? [];
    const mustBeThere = attempts.some(({ acknowledgedAt }) => acknowledgedAt < begunAt);
    const isKnown = attempts.some((one) => one.offset === offset);
    this.#checks.hold(
      "groups: a commit that was acknowledged is the one fetched later",
      offset < 0 ? !mustBeThere : isKnown,
      () => {
        const could = attempts.map((one) => `${one.offset}${one.acknowledgedAt < begunAt ? "!" : "?"}`);
        return `${groupId} partition ${partition}: ${offset} was fetched, and should be one of [${could}]`;
      },
    );
  }
}

function keyOf(groupId: string, partition: number): string {
  return `${groupId}/${partition}`;
}
