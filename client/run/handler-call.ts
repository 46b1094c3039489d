// shell: what stands between a piece of work and the handler: small batches are put together, a record is
// decoded, the handler is called, and whatever it throws is kept.
import { asError } from "../errors.ts";
import { type Attempt, BatchAttempt } from "./attempt.ts";
import type { Job } from "./jobs.ts";
import type { RunSettings } from "./run-options.ts";
import type { Work, WorkOrder } from "./work-order.ts";

/** Small batches that wait for this one are given to the handler with it. */
export function joinSmall<R>(
  order: WorkOrder<Job<R>>,
  work: Work<Job<R>>,
  recordsMax: number,
  nowMs: number,
): void {
  const { job } = work;
  // What was tried before is tried again as it was.
  if (job.misfit !== null || job.attempts > 0 || job.at > 0) return;
  for (;;) {
    const next = order.nextOf(work, nowMs);
    if (next === null || next.job.misfit !== null) return;
    if (job.records.length + next.job.records.length > recordsMax) return;
    order.join(work, next);
    for (const record of next.job.records) job.records.push(record);
  }
}

/** "none": there is nothing to be handled. An error: the record cannot be decoded. */
export function decodeFirst<R>(job: Job<R>): "value" | "none" | Error {
  if (job.misfit !== null) return job.misfit;
  const record = job.records[job.at];
  if (record === undefined) return "none";
  if (record.value === undefined) {
    try {
      record.value = record.batch.decode(record.index);
    } catch (error) {
      job.misfit = asError(error);
      return job.misfit;
    }
  }
  return record.value === null ? "none" : "value";
}

/** Null: the handler succeeded. */
export async function callHandler<R>(
  settings: RunSettings<R>,
  job: Job<R>,
  attempt: Attempt<R>,
): Promise<{ readonly error: unknown } | null> {
  try {
    if (attempt instanceof BatchAttempt) await settings.eachBatch!(attempt.batch(), attempt);
    else await settings.eachRecord!(job.records[job.at]!.value as R, attempt);
    return null;
  } catch (error) {
    return { error };
  }
}
