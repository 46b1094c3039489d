// adapter: the demo. Three broker processes, real input, a leader killed in the middle, everything verified.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Admin } from "../../client/index.ts";
import { DevCluster } from "../launch/dev-cluster.ts";
import { freeFirstPort } from "../launch/ports.ts";
import { print, printJson } from "../output/table.ts";
import { type FailoverResult, runFailover } from "./failover.ts";
import { Screen } from "./screen.ts";
import { readSource } from "./source.ts";
import { measureThroughput, type ThroughputRow, throughputTable } from "./throughput.ts";

export interface DemoOptions {
  input?: string;
  data?: string;
  json?: boolean;
  throughput: boolean;
}

const flights = fileURLToPath(new URL("../../data/flights.csv", import.meta.url));
const packagedFlights = fileURLToPath(new URL("../../../data/flights.csv", import.meta.url));

/** True when everything that was promised held. */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const screen = new Screen(options.json ?? false);
  const source = readSource(
    options.input ?? (import.meta.url.endsWith(".ts") ? flights : packagedFlights),
    Date.now(),
  );
  const path = options.data ?? mkdtempSync(join(tmpdir(), "ottla-demo-"));
  const began = performance.now();
  screen.title("Three brokers form a cluster");
  const cluster = await DevCluster.start({
    path,
    brokers: 3,
    firstPort: await freeFirstPort("127.0.0.1", 3),
    settings: {},
  });
  const stop = (): void => void cluster.stop().then(() => process.exit(1));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  let result: FailoverResult;
  let throughput: ThroughputRow[] = [];
  try {
    await cluster.ready({ timeoutMs: 60_000 });
    screen.line(`ready in ${Math.round(performance.now() - began)} ms, data in ${path}`);
    const admin = new Admin({ bootstrap: cluster.bootstrap });
    try {
      result = await runFailover({ cluster, admin, source, screen });
      if (options.throughput) throughput = await measureThroughput({ cluster, admin, screen });
    } finally {
      await admin.close();
    }
  } finally {
    process.removeListener("SIGINT", stop);
    process.removeListener("SIGTERM", stop);
    await cluster.stop();
    if (options.data === undefined) rmSync(path, { recursive: true, force: true });
  }
  const seconds = (performance.now() - began) / 1_000;
  if (options.json) printJson({ ...result, throughput, seconds });
  else {
    if (throughput.length > 0) print(`\n${throughputTable(throughput)}`);
    print(
      result.held
        ? "\nVerified: nothing lost, nothing twice, nothing out of order."
        : "\nVERIFICATION FAILED",
    );
    print(`${seconds.toFixed(0)} s in all`);
  }
  return result.held;
}
