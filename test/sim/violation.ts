// test: a promise that was broken, and the count of how often each promise was looked at: a check that is
// never reached proves nothing.

import type { Invariant } from "./invariants.ts";

/** "wrong": an invariant is broken; "crash": the product failed by itself; "stuck": it does not go on. */
export type FailureKind = "wrong" | "crash" | "stuck";

export class Violation extends Error {
  readonly invariant: Invariant;
  readonly kind: FailureKind;

  constructor(kind: FailureKind, invariant: Invariant, message: string) {
    super(message);
    this.name = "Violation";
    this.kind = kind;
    this.invariant = invariant;
  }
}

/** How often each invariant was checked. */
export class CheckCounts {
  readonly counts = new Map<Invariant, number>();

  add(invariant: Invariant, by = 1): void {
    this.counts.set(invariant, (this.counts.get(invariant) ?? 0) + by);
  }

  /** Counts the check; throws when it does not hold. The message is made only then. */
  hold(invariant: Invariant, holds: boolean, message: () => string): void {
    this.add(invariant);
    if (!holds) throw new Violation("wrong", invariant, message());
  }
}
