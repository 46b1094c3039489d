// shell: counts and tells of a torn tail that was cut at recovery.
import type { LogEnv } from "./log-folder.ts";
import type { RecoveredTail } from "./recovery.ts";

export function countTornTail(env: Pick<LogEnv, "log" | "metrics">, log: string, tail: RecoveredTail): void {
  const { metrics } = env;
  metrics.counter("ottla_log_torn_tails_total", "Torn tails cut at recovery").add(1);
  metrics.counter("ottla_log_torn_bytes_total", "Bytes of torn tails cut at recovery").add(tail.cutBytes);
  metrics
    .counter("ottla_log_torn_batches_total", "Batches of torn tails cut at recovery, as far as seen")
    .add(tail.cutBatches);
  env.log.warn({ log, ...tail }, "cut a torn tail at recovery");
}
