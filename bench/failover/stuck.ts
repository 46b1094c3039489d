// adapter: how long acks=all waits for a follower in the in-sync set that is there and does nothing: its
// process is stopped (SIGSTOP), or it runs and its disk does not answer fsync any more.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Admin } from "../../client/index.ts";
import { type Bench, compare } from "../compare.ts";
import type { Row } from "../measure/row.ts";
import type { BenchCluster } from "../systems/bench-cluster.ts";
import { inSync, withDeleted } from "../topics.ts";
import { placeFor } from "./cases.ts";
import { gapWhile } from "./gap-while.ts";
import { placeTopic, steadyController } from "./steady-state.ts";

/** How a follower gets stuck, and loose again. */
export interface Stuck {
  name: string;
  stick(cluster: BenchCluster, id: number): void;
  loosen(cluster: BenchCluster, id: number): void;
}

export const stopped: Stuck = {
  name: "is stopped (SIGSTOP)",
  stick: (cluster, id) => signal(cluster, id, "SIGSTOP"),
  loosen: (cluster, id) => signal(cluster, id, "SIGCONT"),
};

/** Only for brokers that were started with `stuckDiskEnvironment`. */
export const withoutDisk: Stuck = {
  name: "runs on a disk that does not answer fsync",
  stick: (cluster, id) => writeFileSync(markerOf(cluster, id), ""),
  loosen: (cluster, id) => rmSync(markerOf(cluster, id), { force: true }),
};

/** In the package the sources are JavaScript. */
const layer = new URL(
  `../systems/stuck-disk.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`,
  import.meta.url,
);
export const stuckDiskEnvironment = { NODE_OPTIONS: `--import=${layer.href}` };

const brokers = [1, 2, 3];

export function measureStuck(
  bench: Bench,
  clusters: readonly BenchCluster[],
  stuck: Stuck,
  flush: string,
): Promise<Row[]> {
  const name = `longest gap, a follower in the in-sync set ${stuck.name}`;
  const head = { name, unit: "ms", flush, isLowerBetter: true };
  return compare(bench, clusters, head, async (cluster) => {
    await using admin = new Admin({ bootstrap: cluster.bootstrap });
    const { victim, replicas } = placeFor("follower", await steadyController(admin, 3), brokers);
    return await withDeleted(cluster, admin, async (topic) => {
      await placeTopic(admin, cluster.system, topic, replicas);
      try {
        const strike = async (): Promise<void> => stuck.stick(cluster, victim);
        return { value: await gapWhile(cluster.bootstrap, topic, victim, strike), also: {} };
      } finally {
        stuck.loosen(cluster, victim);
        await inSync(admin, topic, { partitions: 1, replicas: 3 });
      }
    });
  });
}

function markerOf({ dataFolder }: BenchCluster, id: number): string {
  if (dataFolder === null) throw new Error("the folders of the brokers are not known");
  return join(dataFolder, `broker-${id}`, "stuck");
}

function signal(cluster: BenchCluster, id: number, name: NodeJS.Signals): void {
  const pid = cluster.pids().get(id);
  if (pid === undefined) throw new Error(`the process of broker ${id} is not known`);
  process.kill(pid, name);
}
