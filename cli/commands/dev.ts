// adapter: `ottla dev`: a cluster on this machine, one process a broker, until SIGINT or SIGTERM.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { DevCluster } from "../launch/dev-cluster.ts";
import { print, progress, table } from "../output/table.ts";
import { setting, wholeNumber } from "./options.ts";

interface DevOptions {
  brokers: number;
  data?: string;
  port: number;
  set?: Record<string, string>;
  restart?: boolean;
}

export function addDevCommand(program: Command): void {
  program
    .command("dev")
    .description("run a cluster of brokers on this machine")
    .option("--brokers <n>", "how many brokers", wholeNumber(1), 3)
    .option(
      "--data <dir>",
      "folder for the cluster's data; the same folder carries on (default: a new temporary one)",
    )
    .option(
      "--port <port>",
      "first broker's port; each broker takes three, the next broker 10 above",
      wholeNumber(1, 65_535),
      9092,
    )
    .option("--set <name=value>", "a broker setting, for all brokers; may be repeated", setting)
    .option("--restart", "start a broker again when it dies")
    .action(runDev);
}

async function runDev(options: DevOptions): Promise<void> {
  const path = options.data ?? mkdtempSync(join(tmpdir(), "ottla-dev-"));
  const started = performance.now();
  const cluster = await DevCluster.start({
    path,
    brokers: options.brokers,
    firstPort: options.port,
    settings: options.set ?? {},
    restart: options.restart ?? false,
  });
  const asked = new Promise<string>((resolve) => {
    process.once("SIGINT", () => resolve("SIGINT"));
    process.once("SIGTERM", () => resolve("SIGTERM"));
  });
  try {
    const first = await Promise.race([cluster.ready({ timeoutMs: 60_000 }).then(() => null), asked]);
    if (first === null) {
      announce(cluster, performance.now() - started);
      await asked;
    }
  } finally {
    progress("stopping");
    await cluster.stop();
  }
}

function announce(cluster: DevCluster, tookMs: number): void {
  const rows = cluster.brokers.map((broker) => [
    broker.id,
    broker.pid,
    broker.kafka,
    broker.peer,
    `http://${broker.http}`,
  ]);
  progress(table(["broker", "pid", "kafka", "peers (gRPC)", "http"], rows));
  progress(`data in ${cluster.folder.path}, ready in ${Math.round(tookMs)} ms; Ctrl-C stops all brokers`);
  print(`ready bootstrap=${cluster.bootstrap}`);
  cluster.onBrokerDied = (id, text) => {
    progress(
      `broker ${id} ended (${text}); start it again with: ottla chaos start ${id} --data ` +
        `${cluster.folder.path}`,
    );
  };
}
