// adapter: Ottla's client beside kafkajs, in turns: a new group of one consumer reads the same topic, which
// is in the page cache, from its start to its end.
import { type Bench, compareSides } from "../compare.ts";
import type { GroupReadLoad, LoadResult } from "../load/load-spec.ts";
import { runLoad } from "../load/run-load.ts";
import type { Measurement, Row } from "../measure/row.ts";
import type { BenchCluster } from "../systems/bench-cluster.ts";
import { withTopic } from "../topics.ts";
import { fillTopic } from "./rate.ts";

const clients = ["ottla", "kafkajs"] as const;
const handlers = ["batch", "record"] as const;

type Handler = (typeof handlers)[number];

let groups = 0;

export async function measureClients(
  bench: Bench,
  cluster: BenchCluster,
  { partitions, mebibytes, flush }: { partitions: number; mebibytes: number; flush: string },
): Promise<Row[]> {
  return await withTopic(cluster, { partitions, replicas: 1, flush }, async (topic) => {
    const records = await fillTopic(bench, cluster, topic, mebibytes);
    const headOf = (handler: Handler) => ({
      name: `clients on ${cluster.system}: ${partitions} partitions of cached 1 KiB records, each ${handler}`,
      unit: "MB/s",
      flush,
      isLowerBetter: false,
    });
    const sides = clients.map((client) => ({
      name: client,
      measure: async () => {
        const measured: Partial<Record<Handler, Measurement>> = {};
        for (const handler of handlers) {
          measured[handler] = rateOf(await readOnce(cluster, { client, handler, topic, records }));
        }
        return measured as Record<Handler, Measurement>;
      },
    }));
    return await compareSides(bench, { batch: headOf("batch"), record: headOf("record") }, sides);
  });
}

function readOnce(
  cluster: BenchCluster,
  more: Pick<GroupReadLoad, "client" | "handler" | "topic" | "records">,
): Promise<LoadResult> {
  return runLoad({
    kind: "group-read",
    bootstrap: cluster.bootstrap,
    groupId: `readers-${process.pid}-${++groups}`,
    warmupMs: 0,
    measureMs: 0,
    serverPids: [...cluster.pids().values()],
    ...more,
  });
}

function rateOf({ bytes, requests, seconds, loadCpuSeconds, serverCpuSeconds }: LoadResult): Measurement {
  return {
    value: bytes / seconds / 1e6,
    also: {
      "records/s": requests / seconds,
      ...(serverCpuSeconds === null ? {} : { "server CPU s/GB": (serverCpuSeconds / bytes) * 1e9 }),
      "load CPU s/GB": (loadCpuSeconds / bytes) * 1e9,
    },
  };
}
