// adapter: waits for a condition of another process.
import { setTimeout as sleep } from "node:timers/promises";

/** A check that throws counts as not yet. Rejects, with what was waited for, when time is up. */
export async function until(what: string, withinMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + withinMs;
  let last = "";
  for (;;) {
    try {
      if (await isSo()) return;
      last = "not so";
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms (${last})`);
    await sleep(20);
  }
}
