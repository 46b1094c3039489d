// adapter: `ottla chaos`: makes brokers of a development cluster fail, by the process ids in its
// cluster.json.
import type { Command } from "commander";
import { notReady } from "../launch/broker-state.ts";
import { type BrokerEntry, ClusterFolder } from "../launch/cluster-folder.ts";
import { print, printJson } from "../output/table.ts";
import { ClusterFailure, UsageError } from "../usage-error.ts";
import { wholeNumber } from "./options.ts";

interface ChaosOptions {
  data: string;
  json?: boolean;
}

const verbs = [
  { name: "kill", signal: "SIGKILL", text: "kill -9 a broker", done: "killed" },
  { name: "pause", signal: "SIGSTOP", text: "freeze a broker, its connections stay open", done: "paused" },
  { name: "resume", signal: "SIGCONT", text: "let a paused broker run on", done: "resumed" },
] as const;

export function addChaosCommands(program: Command): void {
  const chaos = program
    .command("chaos")
    .description("make brokers of an `ottla dev` cluster fail, and bring them back");
  for (const verb of verbs) {
    addTarget(chaos.command(verb.name).description(verb.text)).action((id: number, options: ChaosOptions) => {
      const broker = find(options.data, id);
      if (broker.pid === 0) throw new ClusterFailure(`broker ${id} does not run`);
      signal(broker, verb.signal);
      report(options, { broker: id, pid: broker.pid, done: verb.done });
    });
  }
  addTarget(chaos.command("start").description("start a broker that is down, on its old data")).action(start);
}

function addTarget(command: Command): Command {
  return command
    .argument("<id>", "the broker's id", wholeNumber(1))
    .requiredOption("--data <dir>", "the cluster's folder, as given to `ottla dev`")
    .option("--json", "print JSON instead of a line");
}

async function start(id: number, options: ChaosOptions): Promise<void> {
  const folder = new ClusterFolder(options.data);
  if (find(options.data, id).pid !== 0) throw new ClusterFailure(`broker ${id} runs already`);
  if (!folder.read()!.launcherPid) {
    throw new ClusterFailure(
      `no ottla dev looks after ${folder.path}; start the cluster with: ottla dev --data ${folder.path}`,
    );
  }
  folder.requestStart(id);
  const deadline = performance.now() + 60_000;
  for (;;) {
    const broker = find(options.data, id);
    const reason = broker.pid === 0 ? "it has not been started" : await notReady(broker.http);
    if (reason === null) return report(options, { broker: id, pid: broker.pid, done: "started" });
    if (performance.now() > deadline)
      throw new ClusterFailure(`broker ${id} is not ready after 60 s: ${reason}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function find(path: string, id: number): BrokerEntry {
  const folder = new ClusterFolder(path);
  const file = folder.read();
  if (!file)
    throw new UsageError(
      `${folder.path} has no cluster.json; name the folder given to ottla dev with --data`,
    );
  const broker = file.brokers.find((entry) => entry.id === id);
  if (!broker)
    throw new UsageError(
      `no broker ${id} in ${folder.path}; it has ${file.brokers.map((b) => b.id).join(", ")}`,
    );
  return broker;
}

function signal(broker: BrokerEntry, name: NodeJS.Signals): void {
  try {
    process.kill(broker.pid, name);
  } catch (error) {
    throw new ClusterFailure(`${name} to broker ${broker.id} (pid ${broker.pid}) failed: ${String(error)}`);
  }
}

function report(options: ChaosOptions, result: { broker: number; pid: number; done: string }): void {
  if (options.json) printJson(result);
  else print(`broker ${result.broker} (pid ${result.pid}) ${result.done}`);
}
