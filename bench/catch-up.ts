// adapter: what a replica that comes back far behind costs those who write meanwhile, and how long it takes:
// under load, and as a plain copy with nobody else there.
import { setTimeout as sleep } from "node:timers/promises";
import { Admin } from "../client/index.ts";
import { type SteadyWaits, SteadyWriter } from "./steady-writer.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";

export interface CatchUpResult {
  behindMiB: number;
  megabytesPerSecond: number;
  /** All replicas in sync; one away; one catching up. */
  before: SteadyWaits;
  away: SteadyWaits;
  during: SteadyWaits;
  /** From when the broker serves to when its replicas are in sync, under the load. */
  underLoadMs: number;
  /** The same, as far behind, with no load. */
  plainCopyMs: number;
}

const topic = "catch-up";
const partitions = 6;
const away = 3;

export async function measureCatchUp(
  cluster: BenchCluster,
  options: { behindMiB: number; megabytesPerSecond: number; progress: (text: string) => void },
): Promise<CatchUpResult> {
  const { bootstrap } = cluster;
  const { behindMiB, megabytesPerSecond, progress } = options;
  await using admin = new Admin({ bootstrap });
  await admin.createTopics([{ name: topic, partitions, replicationFactor: 3 }]);
  await inSync(admin, 3);
  const writer = new SteadyWriter({ bootstrap, topic, partitions, megabytesPerSecond });
  try {
    writer.begin();
    await sleep(8_000);
    const before = await writer.during(sleep(15_000));
    progress(`  all in sync: p99 ${before.p99Ms} ms`);
    await cluster.kill(away);
    await inSync(admin, 2);
    await sleep(2_000);
    const missing = await writer.during(sleep(10_000));
    progress(`  broker ${away} away: p99 ${missing.p99Ms} ms`);
    await writer.fill(behindMiB * 2 ** 20);
    progress(`  broker ${away} is ${behindMiB} MiB behind`);
    await sleep(2_000);
    await cluster.revive(away);
    const began = performance.now();
    const during = await writer.during(inSync(admin, 3));
    const underLoadMs = Math.round(performance.now() - began);
    progress(`  in sync again after ${underLoadMs} ms: p99 ${during.p99Ms} ms`);
    await writer.end();
    await cluster.kill(away);
    await inSync(admin, 2);
    await writer.fill(behindMiB * 2 ** 20);
    await sleep(2_000);
    await cluster.revive(away);
    const copyBegan = performance.now();
    await inSync(admin, 3);
    const plainCopyMs = Math.round(performance.now() - copyBegan);
    progress(`  plain copy: ${plainCopyMs} ms`);
    return { behindMiB, megabytesPerSecond, before, away: missing, during, underLoadMs, plainCopyMs };
  } finally {
    await writer.close();
  }
}

/** Until every partition is led and has so many in-sync replicas. */
async function inSync(admin: Admin, replicas: number): Promise<void> {
  const deadline = performance.now() + 300_000;
  for (;;) {
    const [found] = await admin.describeTopics([topic]).catch(() => []);
    const all = found?.partitions ?? [];
    if (all.length > 0 && all.every(({ leader, isr }) => leader >= 0 && isr.length === replicas)) return;
    if (performance.now() > deadline) throw new Error(`${topic}: not ${replicas} in sync after 300 s`);
    await sleep(50);
  }
}
