// adapter: Apache Kafka as the system to compare with: started by a folder of scripts (up.sh, node.sh,
// down.sh) on ports and data of its own, or somebody else's at an address.
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { Admin } from "../../client/index.ts";
import { until } from "../until.ts";
import type { BenchCluster, StartBenchCluster } from "./bench-cluster.ts";
import { listeningProcess } from "./listening-process.ts";

const run = promisify(execFile);
const readyMs = 120_000;
/** Deleted logs go soon, as Ottla's do, and not a minute later in somebody else's turn. */
const fixedSettings = { "log.segment.delete.delay.ms": "1000", "log.initial.task.delay.ms": "1000" };

/** `scripts` is the folder of up.sh; data go below `dataFolder` and are removed at the end. */
export function kafkaFrom(scripts: string, dataFolder: string): StartBenchCluster {
  return async ({ brokers, settings, environment, isColdStart }) => {
    const data = mkdtempSync(join(dataFolder, "kafka-bench-"));
    const port = await freeAnchorPort(brokers);
    const env = { ...process.env, ...environment, KAFKA_ANCHOR_DATA: data, KAFKA_ANCHOR_PORT: String(port) };
    const call = (script: string, args: string[], more: Record<string, string> = {}): Promise<unknown> =>
      run(join(scripts, script), args, { env: { ...env, ...more } });
    const stopNow = (): void => {
      spawnSync(join(scripts, "down.sh"), { env: { ...env, WIPE: "1" }, stdio: "ignore" });
      rmSync(data, { recursive: true, force: true });
    };
    process.once("exit", stopNow);
    const given = Object.entries({ ...fixedSettings, ...settings }).map(
      ([name, value]) => `${name}=${value}`,
    );
    const ids = Array.from({ length: brokers }, (_, index) => index + 1);
    await call("up.sh", [String(brokers), ...given], { PREPARE_ONLY: "1" });
    const spawnedMs = performance.now();
    await Promise.all(ids.map((id) => call("node.sh", ["start", String(id)])));
    const bootstrap = ids.map((id) => `127.0.0.1:${port + id}`).join(",");
    if (!isColdStart) await allThere(bootstrap, brokers);
    return {
      system: "kafka",
      bootstrap,
      spawnedMs,
      dataFolder: data,
      pids: () => pidsFromFiles(data, ids),
      kill: async (id) => void (await call("node.sh", ["kill", String(id)])),
      terminate: async (id) => void (await call("node.sh", ["term", String(id)])),
      async revive(id) {
        await call("node.sh", ["start", String(id)]);
        await until(`node ${id} listens`, readyMs, async () => listeningProcess(port + id) !== null);
      },
      async stop() {
        process.off("exit", stopNow);
        stopNow();
      },
    };
  };
}

/** Already running; it is neither stopped nor killed. */
export async function kafkaAt(bootstrap: string): Promise<BenchCluster> {
  const notOurs = async (): Promise<void> => {
    throw new Error(`the cluster at ${bootstrap} is not ours to stop; use --kafka for this measurement`);
  };
  return {
    system: "kafka",
    bootstrap,
    spawnedMs: Number.NaN,
    dataFolder: null,
    pids: () => pidsByPort(bootstrap),
    kill: notOurs,
    terminate: notOurs,
    revive: notOurs,
    stop: async () => {},
  };
}

async function allThere(bootstrap: string, brokers: number): Promise<void> {
  await until(`${brokers} Kafka nodes are up`, readyMs, async () => {
    await using admin = new Admin({ bootstrap });
    return (await admin.describeCluster()).brokers.length === brokers;
  });
}

/** As the scripts wrote them down: a node that starts listens late. */
function pidsFromFiles(data: string, ids: readonly number[]): Map<number, number> {
  const pids = ids.map((id) => [id, Number(readFileSync(join(data, `node${id}`, "pid"), "utf8"))] as const);
  return new Map(pids.filter(([, pid]) => existsSync(`/proc/${pid}`)));
}

/** By place in the list, from 1: the scripts number their nodes so. */
function pidsByPort(bootstrap: string): Map<number, number> {
  const found = new Map<number, number>();
  for (const [index, address] of bootstrap.split(",").entries()) {
    const pid = listeningProcess(Number(address.slice(address.lastIndexOf(":") + 1)));
    if (pid !== null) found.set(index + 1, pid);
  }
  return found;
}

/** Nodes listen on the ports after it, their controllers ten below those. */
async function freeAnchorPort(brokers: number): Promise<number> {
  for (let port = 41_100; port < 60_000; port += 100) {
    const wanted = Array.from({ length: brokers }, (_, i) => [port + 1 + i, port - 9 + i]).flat();
    if ((await Promise.all(wanted.map(isFree))).every(Boolean)) return port;
  }
  throw new Error("no free ports for Kafka between 41100 and 60000");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
