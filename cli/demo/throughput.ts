// adapter: throughput against the number of partitions: the same producer, the same brokers, topics of 1 to
// 96 partitions.
import { type Admin, Producer } from "../../client/index.ts";
import type { DevCluster } from "../launch/dev-cluster.ts";
import { table } from "../output/table.ts";
import type { Screen } from "./screen.ts";

export interface ThroughputRow {
  partitions: number;
  recordsPerSecond: number;
  megabytesPerSecond: number;
  failed: number;
}

const valueBytes = 1_024;
const runMs = 3_000;

export async function measureThroughput(stage: {
  cluster: DevCluster;
  admin: Admin;
  screen: Screen;
}): Promise<ThroughputRow[]> {
  const { cluster, admin, screen } = stage;
  screen.title("Throughput against the number of partitions (1 KiB records, 3 replicas, acks=all, durable)");
  const rows: ThroughputRow[] = [];
  for (const partitions of [1, 6, 24, 96]) {
    const topic = `throughput-${partitions}`;
    await admin.createTopics([{ name: topic, partitions, replicationFactor: 3 }]);
    await admin.waitForTopic(topic);
    rows.push(await measureOne(cluster.bootstrap, topic, partitions));
    screen.line(`${partitions} partitions done`);
    await admin.deleteTopics([topic]);
  }
  return rows;
}

async function measureOne(bootstrap: string, topic: string, partitions: number): Promise<ThroughputRow> {
  const producer = new Producer({ bootstrap, acks: "all", lingerMs: 5, batchBytes: 65_536 });
  const value = Buffer.alloc(valueBytes, "x");
  let done = 0;
  let failed = 0;
  let next = 0;
  const send = (): void | Promise<void> =>
    producer.enqueue({ topic, key: null, value, partition: next++ % partitions }, (error) => {
      if (error) failed++;
      else done++;
    }) as void | Promise<void>;
  // Every partition is written once before the clock starts.
  for (let n = 0; n < partitions; n++) await send();
  await producer.flush();
  done = 0;
  const began = performance.now();
  while (performance.now() - began < runMs) {
    for (let n = 0; n < 100; n++) await send();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await producer.flush();
  const seconds = (performance.now() - began) / 1_000;
  await producer.close();
  return {
    partitions,
    recordsPerSecond: Math.round(done / seconds),
    megabytesPerSecond: Math.round((done * valueBytes) / seconds / 1e5) / 10,
    failed,
  };
}

export function throughputTable(rows: readonly ThroughputRow[]): string {
  return table(
    ["partitions", "records/s", "MB/s", "failed"],
    rows.map((row) => [row.partitions, row.recordsPerSecond, row.megabytesPerSecond, row.failed]),
  );
}
