// adapter: many partitions at once: from the request to create them until every broker knows a leader of
// each, and then one record to each.
import { Admin } from "../client/index.ts";
import { ErrorCode, errorName } from "../proto/errors.ts";
import { apis } from "../proto/kafka/apis.ts";
import { type Bench, compareSides } from "./compare.ts";
import { Wire } from "./load/wire.ts";
import type { Row } from "./measure/row.ts";
import { costs, produceTo } from "./produce.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";
import { type TopicShape, topicSettings, withDeleted } from "./topics.ts";
import { until } from "./until.ts";

const readyMs = 120_000;

export function measureMany(
  bench: Bench,
  clusters: readonly BenchCluster[],
  shape: TopicShape,
): Promise<Row[]> {
  const { partitions, replicas, flush } = shape;
  const what = `${partitions} partitions at ${replicas} replicas`;
  const head = { unit: "ms", flush, isLowerBetter: true };
  const heads = {
    led: { ...head, name: `${what}: created, and led for every broker` },
    written: { ...head, name: `${what}: one record to each, acks=all, ${bench.connections} connections` },
    // Where a leader is told that is not ready yet, the second row waits for what the first did not count.
    both: { ...head, name: `${what}: both together` },
  };
  const sides = clusters.map((cluster) => ({
    name: cluster.system,
    measure: async () => {
      await using admin = new Admin({ bootstrap: cluster.bootstrap });
      return await withDeleted(cluster, admin, async (topic) => {
        const led = { value: await createdAndLed(cluster, topic, shape), also: {} };
        const more = { isEachOnce: true } as const;
        const result = await produceTo(bench, cluster, topic, { batch: "single", replicas }, more);
        const written = { value: result.seconds * 1_000, also: costs(result) };
        return { led, written, both: { value: led.value + written.value, also: {} } };
      });
    },
  }));
  return compareSides(bench, heads, sides);
}

async function createdAndLed(
  { bootstrap, system }: BenchCluster,
  name: string,
  shape: TopicShape,
): Promise<number> {
  const { partitions: numPartitions, replicas: replicationFactor } = shape;
  const configs = Object.entries(topicSettings(system, shape)).map(([name, value]) => ({ name, value }));
  const wires = await Promise.all(bootstrap.split(",").map((address) => Wire.open(address)));
  try {
    const began = performance.now();
    const { topics } = await wires[0]!.ask(apis.CreateTopics, 5, {
      topics: [{ name, numPartitions, replicationFactor, assignments: [], configs }],
      timeoutMs: readyMs,
      validateOnly: false,
    });
    const code = topics[0]?.errorCode ?? -1;
    // The name is new: a broker has passed the request on twice, and the first one did it.
    if (code !== ErrorCode.NONE && code !== ErrorCode.TOPIC_ALREADY_EXISTS)
      throw new Error(`${name} was not created: ${errorName(code)}`);
    await Promise.all(wires.map((wire) => allLed(wire, name, numPartitions)));
    return performance.now() - began;
  } finally {
    for (const wire of wires) wire.close();
  }
}

/** As this broker tells it. */
function allLed(wire: Wire, name: string, partitions: number): Promise<void> {
  return until(`${partitions} partitions are led for ${wire.address}`, readyMs, async () => {
    const { topics } = await wire.ask(apis.Metadata, 7, { topics: [{ name }] });
    const found = topics[0]?.partitions ?? [];
    return found.length === partitions && found.every(({ leaderId }) => leaderId >= 0);
  });
}
