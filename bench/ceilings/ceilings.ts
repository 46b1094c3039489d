// adapter: how much of what bare programs get out of the same machine Ottla gets: append over bare TCP, and
// append and replicate over bare TCP and over bare grpc-js, under the same load in the same run.
import { type Bench, type BenchSide, compareSides } from "../compare.ts";
import type { Row } from "../measure/row.ts";
import { nameOf, type ProduceShape, produceOnce, produceTo, throughput, unitOf } from "../produce.ts";
import type { BenchCluster } from "../systems/bench-cluster.ts";
import { withBare } from "./bare-cluster.ts";
import type { BareTransport } from "./bare-spec.ts";

const topic = "ceiling";

export function measureCeilings(
  bench: Bench,
  ottla: BenchCluster,
  shape: ProduceShape,
  data: string,
): Promise<Row[]> {
  const { batch, flush, replicas: processes, partitions } = shape;
  const head = { name: `ceilings: ${nameOf(shape)}`, unit: unitOf(batch), flush, isLowerBetter: false };
  const bare = (name: "bare TCP" | "bare gRPC", transport: BareTransport): BenchSide<"row"> => ({
    name,
    measure: () =>
      withBare({ transport, processes, partitions, topic, data }, async (cluster) => ({
        row: throughput(await produceTo(bench, cluster, topic, shape), batch),
      })),
  });
  const sides: BenchSide<"row">[] = [
    {
      name: "ottla",
      measure: async () => ({ row: throughput(await produceOnce(bench, ottla, shape), batch) }),
    },
    bare("bare TCP", "tcp"),
    ...(processes > 1 ? [bare("bare gRPC", "grpc")] : []),
  ];
  return compareSides(bench, { row: head }, sides);
}
