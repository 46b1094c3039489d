// test: what a cluster tells of itself is what happened: after load, a kill and a return each metric of daily
// work has moved, records are counted as the client counted them, and groups are as far behind as it says.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Consumer, Producer } from "../../client/index.ts";
import { createTopic, inSync, type RunningCluster, runCluster } from "./running-cluster.ts";

const page = readFileSync(new URL("../../docs/METRICS.md", import.meta.url), "utf8");
const [daily, trouble] = page
  .split("## In trouble")
  .map((part) => [...part.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]!)) as [string[], string[]];

/** By name: the values of all its series, of one node at one time. */
type Scrape = Map<string, Map<string, number>>;

function parse(text: string): Scrape {
  const found: Scrape = new Map();
  for (const line of text.split("\n")) {
    const match = /^(\w+)(\{.*\})? (\S+)$/.exec(line);
    if (match === null) continue;
    const name = match[1]!.replace(/_(count|sum|bucket)$/, (end) =>
      isHistogram(text, match[1]!, end) ? "" : end,
    );
    const series = found.get(name) ?? new Map<string, number>();
    found.set(name, series.set(`${match[1]}${match[2] ?? ""}`, Number(match[3])));
  }
  return found;
}

function isHistogram(text: string, name: string, end: string): boolean {
  return text.includes(`# TYPE ${name.slice(0, -end.length)} histogram`);
}

async function scrapeAll({ cluster }: RunningCluster): Promise<Scrape[]> {
  const scrapes: Scrape[] = [];
  for (const { http } of cluster.brokers) {
    const response = await fetch(`http://${http}/metrics`).catch(() => null);
    if (response !== null) scrapes.push(parse(await response.text()));
  }
  return scrapes;
}

const sumOf = (scrapes: readonly Scrape[], name: string, label: string): number =>
  scrapes.reduce((sum, one) => sum + (one.get(name)?.get(`${name}{${label}}`) ?? 0), 0);

async function write(bootstrap: string, count: number): Promise<void> {
  await using producer = new Producer({ bootstrap, acks: "all" });
  for (let number = 0; number < count; number++)
    await producer.enqueue({ topic: "flights", key: `key-${number % 50}`, value: `value-${number}` });
  await producer.flush();
}

/** A group reads some records of each of the six partitions, commits them, and is left by its member. */
async function readSome(bootstrap: string, groupId: string): Promise<void> {
  const consumer = new Consumer({ bootstrap, groupId, offsetReset: "earliest", autoCommit: false });
  await consumer.subscribe(["flights"]);
  const counts = new Map<number, number>();
  for await (const { partition } of consumer) {
    counts.set(partition, (counts.get(partition) ?? 0) + 1);
    if (counts.size === 6 && Math.min(...counts.values()) >= 10) break;
  }
  await consumer.commit();
  await consumer.close();
}

/** By partition: how far the group is behind, and where, by the metrics of all nodes. */
function toldOf(scrapes: readonly Scrape[], groupId: string): string[] {
  const values = (name: string, partition: number): number[] => {
    const labels = `consumergroup="${groupId}",topic="flights",partition="${partition}"`;
    return scrapes.flatMap((one) => one.get(name)?.get(`${name}{${labels}}`) ?? []);
  };
  return Array.from({ length: 6 }, (_, partition) => {
    const [lag, offset] = ["kafka_consumergroup_lag", "kafka_consumergroup_current_offset"].map((name) =>
      values(name, partition),
    );
    return `${partition}: ${lag} behind at ${offset}`;
  });
}

/** The same by the client. A member that was not told of the end yet is a moment late. */
async function expectSameLag(running: RunningCluster, groupId: string): Promise<number> {
  const { lag: total, partitions } = await running.admin.groupLag(groupId);
  const expected = partitions.map((one) => `${one.partition}: ${one.lag} behind at ${one.committed}`);
  const told = async (): Promise<string[]> => toldOf(await scrapeAll(running), groupId);
  await expect.poll(told, { timeout: 10_000 }).toEqual(expected);
  return total;
}

it("metrics move with what happens, and count as the client does", { timeout: 180_000 }, async () => {
  await using running = await runCluster({ brokers: 3 });
  const { cluster, admin } = running;
  const moved = new Set<string>();
  const first = new Map<string, string>();
  const look = async (): Promise<Scrape[]> => {
    const scrapes = await scrapeAll(running);
    for (const [node, scrape] of scrapes.entries())
      for (const [name, series] of scrape) {
        const values = JSON.stringify([...series]);
        const before = first.get(`${node} ${name}`) ?? values;
        first.set(`${node} ${name}`, before);
        if (before !== values || [...series.values()].some((value) => value !== 0)) moved.add(name);
      }
    return scrapes;
  };
  await look();
  await createTopic(admin, "flights", 6, 3);
  await write(cluster.bootstrap, 5_000);
  const consumer = new Consumer({ bootstrap: cluster.bootstrap });
  await consumer.assign([{ topic: "flights", from: "earliest" }]);
  let read = 0;
  for await (const record of consumer.readToEnd()) read += record.offset >= 0 ? 1 : 0;
  await consumer.close();
  expect(read).toBe(5_000);
  await readSome(cluster.bootstrap, "crew");
  const behind = await expectSameLag(running, "crew");
  expect(behind).toBeGreaterThan(0);
  expect(behind).toBeLessThanOrEqual(4_940);
  const scrapes = await look();
  expect(sumOf(scrapes, "kafka_server_brokertopicmetrics_messagesin_total", 'topic="flights"')).toBe(5_000);
  const bytesIn = sumOf(scrapes, "kafka_server_brokertopicmetrics_bytesin_total", 'topic="flights"');
  const bytesOut = sumOf(scrapes, "kafka_server_brokertopicmetrics_bytesout_total", 'topic="flights"');
  expect(bytesOut).toBeGreaterThanOrEqual(bytesIn);
  // Another broker loads the group.
  const [group] = await admin.describeGroups(["crew"]);
  const { id } = group!.coordinator;
  await cluster.kill(id);
  const deadline = performance.now() + 60_000;
  await write(cluster.bootstrap, 1_000);
  // The shrink is counted as it is applied; the gauge is set at the next count of the roles, a moment later.
  const manager = "kafka_server_replicamanager_";
  const shrunk = [`${manager}isrshrinks_total`, `${manager}underreplicatedpartitions`];
  while (performance.now() < deadline) {
    await look();
    if (shrunk.every((name) => moved.has(name))) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await expectSameLag(running, "crew")).toBe(behind + 1_000);
  cluster.startBroker(id);
  await cluster.ready({ timeoutMs: 60_000 });
  await write(cluster.bootstrap, 1_000);
  await inSync(admin, "flights", 3);
  const last = await look();
  expect(daily.filter((name) => !moved.has(name))).toEqual([]);
  // Nothing is told that the page does not explain, and nothing is on the page that nobody tells.
  const told = new Set(last.flatMap((one) => [...one.keys()]).filter((name) => /^(kafka|ottla)_/.test(name)));
  expect([...told].filter((name) => !daily.includes(name) && !trouble.includes(name))).toEqual([]);
  expect(daily.filter((name) => !told.has(name))).toEqual([]);
});
