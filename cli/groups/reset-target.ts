// core: where `ottla group reset` is to put a group, from the options of the command line: exactly one of
// them.
import { timeOf } from "../../client/options/times.ts";
import { UsageError } from "../usage-error.ts";
import { parseDuration } from "./duration.ts";

export interface TargetOptions {
  readonly toEarliest?: boolean;
  readonly toLatest?: boolean;
  readonly toCurrent?: boolean;
  readonly toOffset?: number;
  readonly shiftBy?: number;
  readonly toTime?: string;
  readonly byDuration?: string;
  readonly fromFile?: string;
}

export type ResetTarget =
  | { readonly kind: "earliest" | "latest" | "current" }
  | { readonly kind: "offset"; readonly offset: number }
  | { readonly kind: "shift"; readonly by: number }
  | { readonly kind: "time"; readonly timestamp: number }
  | { readonly kind: "file"; readonly path: string };

const names =
  "--to-earliest, --to-latest, --to-current, --to-offset N, --shift-by N, --to-time T, --by-duration D and " +
  "--from-file F";

/** Throws UsageError. */
export function resetTarget(options: TargetOptions, nowMs: number): ResetTarget {
  const targets: ResetTarget[] = [];
  if (options.toEarliest) targets.push({ kind: "earliest" });
  if (options.toLatest) targets.push({ kind: "latest" });
  if (options.toCurrent) targets.push({ kind: "current" });
  if (options.toOffset !== undefined) targets.push({ kind: "offset", offset: options.toOffset });
  if (options.shiftBy !== undefined) targets.push({ kind: "shift", by: options.shiftBy });
  if (options.toTime !== undefined) targets.push({ kind: "time", timestamp: timeIn(options.toTime) });
  if (options.byDuration !== undefined)
    targets.push({ kind: "time", timestamp: timeBefore(options.byDuration, nowMs) });
  if (options.fromFile !== undefined) targets.push({ kind: "file", path: options.fromFile });
  if (targets.length === 1) return targets[0]!;
  throw new UsageError(`say where to: ${targets.length === 0 ? "one" : "only one"} of ${names}`);
}

function timeIn(text: string): number {
  const time = timeOf(text);
  if (time !== null) return time;
  const should = "an ISO 8601 time (without a zone: UTC) or milliseconds since 1970";
  throw new UsageError(`--to-time ${JSON.stringify(text)} should be ${should}`);
}

function timeBefore(text: string, nowMs: number): number {
  const durationMs = parseDuration(text);
  if (durationMs !== null && durationMs <= nowMs) return nowMs - durationMs;
  const why = durationMs === null ? "should be a duration like 90s, 1h30m, 2d or PT1H30M" : "is before 1970";
  throw new UsageError(`--by-duration ${JSON.stringify(text)} ${why}`);
}
