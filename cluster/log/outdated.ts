// shell: counts and tells what retention removes of a log.
import type { LogFolder } from "./log-folder.ts";
import type { Segment } from "./segment.ts";

export function noteOutdated(folder: LogFolder, segments: readonly Segment[], by: "time" | "size"): void {
  if (segments.length === 0) return;
  const { metrics, log } = folder.env;
  const bytes = segments.reduce((sum, { size }) => sum + size, 0);
  metrics
    .counter("ottla_log_retention_segments_total", "Segments removed by retention", ["by"])
    .add(segments.length, { by });
  metrics
    .counter("ottla_log_retention_bytes_total", "Bytes of segments removed by retention", ["by"])
    .add(bytes, { by });
  const upTo = segments.at(-1)!.end;
  log.info({ log: folder.name, by, segments: segments.length, bytes, upTo }, "retention removes segments");
}
