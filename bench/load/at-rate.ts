// adapter: calls at a fixed rate, whatever comes of them (open loop): what could not be made in time is made
// up for, and each knows when it was due.
import { setTimeout as sleep } from "node:timers/promises";

export async function atRate(options: {
  perSecond: number;
  isStopped: () => boolean;
  /** The n-th call from 0, which was due at this moment of `performance.now()`. */
  run: (n: number, dueMs: number) => void;
  /** After each round of calls. */
  check: () => void;
}): Promise<void> {
  const { perSecond, isStopped, run, check } = options;
  const perMs = perSecond / 1_000;
  const beganMs = performance.now();
  for (let n = 0; !isStopped(); ) {
    for (const due = (performance.now() - beganMs) * perMs; n < due; n++) run(n, beganMs + n / perMs);
    check();
    await sleep(1);
  }
}
