// adapter: cached fetch: one consumer over one connection, one request at a time, reads a partition that was
// just written again and again.
import { realCodecs } from "../base/real/codecs.ts";
import { type Bench, compare } from "./compare.ts";
import { makeBatch } from "./load/produce-frames.ts";
import { runLoad } from "./load/run-load.ts";
import type { Row } from "./measure/row.ts";
import { batches, costs, produceTo } from "./produce.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";
import { withTopic } from "./topics.ts";

export interface FetchShape {
  /** Of a request; what came of a batch that was cut off does not count. */
  bytesMax: number;
  /** What the partition holds. */
  mebibytes: number;
  flush: string;
}

/** Four of these fit into a request of 64 KiB. */
const batch = batches[16];

export function measureFetch(
  bench: Bench,
  clusters: readonly BenchCluster[],
  { bytesMax, mebibytes, flush }: FetchShape,
): Promise<Row[]> {
  const name = `cached fetch, ${bytesMax / 1_024} KiB requests, one consumer`;
  const head = { name, unit: "MB/s", flush, isLowerBetter: false };
  const { recordsPerBatch, valueBytes } = batch;
  const batchBytes = makeBatch({ records: recordsPerBatch, valueBytes }, realCodecs, 0).length;
  return compare(bench, clusters, head, (cluster) =>
    withTopic(cluster, { partitions: 1, replicas: 1, flush }, async (topic) => {
      const { bootstrap } = cluster;
      const serverPids = [...cluster.pids().values()];
      const { warmupMs, measureMs } = bench;
      const requestsMax = Math.ceil((mebibytes * 2 ** 20) / batchBytes);
      await produceTo(bench, cluster, topic, { batch: "16", replicas: 1 }, { requestsMax });
      const target = { bootstrap, topic, warmupMs, measureMs, serverPids };
      const result = await runLoad({ kind: "fetch", ...target, bytesMax, batchBytes, recordsPerBatch });
      return { value: result.bytes / result.seconds / 1e6, also: costs(result) };
    }),
  );
}
