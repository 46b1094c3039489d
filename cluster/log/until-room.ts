// shell: a small write that must succeed some time (a vote, a snapshot): tried again while the disk is full,
// and only then. Whoever waits for it goes on waiting, so nothing is claimed that is not on disk.
import { isDiskFull } from "../../base/disk-error.ts";
import type { Clock } from "../../base/ports/clock.ts";

const againAfterMs = 200;

/** Rejects as `run` does, but for a full disk; then too once `isOver`. */
export async function untilRoom<T>(
  clock: Clock,
  run: () => Promise<T>,
  isOver: () => boolean = () => false,
): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!isDiskFull(error) || isOver()) throw error;
    }
    await new Promise<void>((resolve) => void clock.after(againAfterMs, resolve));
  }
}
