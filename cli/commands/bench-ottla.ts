// adapter: Ottla as the system of a benchmark: a development cluster on free ports in a folder that goes
// again.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchCluster, StartBenchCluster } from "../../bench/systems/bench-cluster.ts";
import { DevCluster } from "../launch/dev-cluster.ts";
import { freeFirstPort } from "../launch/ports.ts";
import { UsageError } from "../usage-error.ts";

const readyMs = 60_000;
const built = fileURLToPath(new URL("../../dist/run/main.js", import.meta.url));

export function ottlaFrom(options: { data: string; isBuilt: boolean }): StartBenchCluster {
  if (options.isBuilt && import.meta.url.endsWith(".ts") && !existsSync(built)) {
    throw new UsageError("--built: there is no build; run npm run build first");
  }
  return async ({ brokers, settings, environment: further, isColdStart }) => {
    const path = mkdtempSync(join(options.data, "ottla-bench-"));
    const firstPort = await freeFirstPort("127.0.0.1", brokers);
    const environment: Record<string, string> = {
      ...further,
      ...(options.isBuilt ? { OTTLA_BUILT: "1" } : {}),
    };
    let spawnedMs = Number.NaN;
    // Asked for after the folder was formatted and before the first process starts.
    const settingsOf = (): Record<string, string> => {
      spawnedMs = performance.now();
      return {};
    };
    const cluster = await DevCluster.start({ path, brokers, firstPort, settings, settingsOf, environment });
    process.once("exit", () => rmSync(path, { recursive: true, force: true }));
    if (!isColdStart) await cluster.ready({ timeoutMs: readyMs });
    const handle: BenchCluster = {
      system: "ottla",
      bootstrap: cluster.bootstrap,
      spawnedMs,
      dataFolder: path,
      pids: () => new Map([...cluster.running].map(([id, { pid }]) => [id, pid])),
      kill: (id) => cluster.kill(id),
      terminate: (id) => cluster.stopBroker(id),
      async revive(id) {
        cluster.startBroker(id);
        await cluster.ready({ timeoutMs: readyMs, only: id });
      },
      async stop() {
        await cluster.stop();
        rmSync(path, { recursive: true, force: true });
      },
    };
    return handle;
  };
}
