// core: the rates of groups as a plot: a line a system and number of consumers, over the number of
// partitions.
import { rateIn } from "../../bench/groups/rate-names.ts";
import type { Row } from "../../bench/measure/row.ts";
import { linePlot } from "./line-plot.ts";

const systems = ["ottla", "kafka"] as const;

export function ratePlot(
  rows: readonly Row[],
  { consumers: counts, partitions: at }: { consumers: readonly number[]; partitions: readonly number[] },
): string {
  const lines = systems.flatMap((system) =>
    counts.map((consumers) => ({
      name: `${system}, ${consumers} consumer(s)`,
      values: at.map((partitions) => rateIn(rows, system, { consumers, partitions })),
    })),
  );
  return linePlot({
    title: "A group reads cached 1 KiB records",
    places: "partitions",
    unit: "MB/s",
    at,
    lines: lines.filter(({ values }) => values.some((value) => value !== null)),
  });
}
