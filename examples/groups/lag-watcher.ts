// Watches how far groups are behind the ends of their topics, and warns above a threshold.
//
//     node lag-watcher.ts --threshold 1000 order-workers log-analysis
//     node lag-watcher.ts --once --threshold 1000 order-workers || page-somebody
//
// Its exit code: 0, all were below the threshold when it looked last; 1, one was not; 2, it could not tell.
import { parseArgs } from "node:util";
import { Admin, type GroupLag } from "ottla";

export interface Watch {
  readonly bootstrap: string;
  readonly groups: readonly string[];
  /** More records than that are too many, for a group as a whole. */
  readonly threshold: number;
  readonly everyMs: number;
  /** Looks once, and ends. */
  readonly once?: boolean;
  readonly signal: AbortSignal;
  /** Called after each look, once for each group. */
  readonly onLook: (lag: GroupLag, isTooMuch: boolean) => void;
  /** Called when a look failed; there is another one. */
  readonly onTrouble: (error: Error) => void;
}

/** What the last look found; "unknown": it failed, or there was none. */
export type Verdict = "fine" | "behind" | "unknown";

export async function watchLag(watch: Watch): Promise<Verdict> {
  const { bootstrap, groups, threshold, everyMs, once = false, signal, onLook, onTrouble } = watch;
  await using admin = new Admin({ bootstrap, apiTimeoutMs: 10_000 });
  let verdict: Verdict = "unknown";
  while (!signal.aborted) {
    try {
      const lags = await admin.groupLags(groups);
      for (const lag of lags) onLook(lag, lag.lag > threshold);
      verdict = lags.some(({ lag }) => lag > threshold) ? "behind" : "fine";
    } catch (error) {
      // A group that is not there, or a cluster that does not answer: it may be so no longer next time.
      verdict = "unknown";
      onTrouble(error as Error);
    }
    if (once) break;
    await pause(everyMs, signal);
  }
  return verdict;
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

function print({ groupId, lag, partitions }: GroupLag, isTooMuch: boolean): void {
  console.log(`${new Date().toISOString()} ${groupId}: ${lag} behind`);
  if (!isTooMuch) return;
  const [worst] = [...partitions].sort((one, other) => other.lag - one.lag);
  if (worst === undefined) return;
  const reader =
    worst.member === null ? "nobody reads it" : `${worst.member.clientId || "a member"} reads it`;
  console.warn(`  too many; most in ${worst.topic}-${worst.partition}: ${worst.lag}; ${reader}`);
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: {
      threshold: { type: "string", default: "1000" },
      every: { type: "string", default: "5" },
      once: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  const threshold = Number(values.threshold);
  const everyMs = Number(values.every) * 1_000;
  if (positionals.length === 0 || !(threshold >= 0) || !(everyMs > 0)) {
    console.error("usage: node lag-watcher.ts [--once] [--threshold RECORDS] [--every SECONDS] GROUP...");
    process.exit(2);
  }
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  const verdict = await watchLag({
    bootstrap: process.env.BOOTSTRAP ?? "127.0.0.1:9092",
    groups: positionals,
    threshold,
    everyMs,
    once: values.once,
    signal: stop.signal,
    onLook: print,
    onTrouble: (error) => console.error(error.message),
  });
  process.exitCode = { fine: 0, behind: 1, unknown: 2 }[verdict];
}
