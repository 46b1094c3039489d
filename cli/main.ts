// entry: the command line. Builds the table of commands, runs one, and turns what went wrong into an exit
// code: 0 done, 1 the cluster refused or failed, 2 wrong usage or input. Errors go to stderr.
import { Command, CommanderError } from "commander";
import { addBenchCommand } from "./commands/bench.ts";
import { addChaosCommands } from "./commands/chaos.ts";
import { addClusterCommands } from "./commands/cluster.ts";
import { addConfigCommands } from "./commands/config.ts";
import { addConsumeCommand } from "./commands/consume.ts";
import { addDemoCommand } from "./commands/demo.ts";
import { addDevCommand } from "./commands/dev.ts";
import { addProduceCommand } from "./commands/produce.ts";
import { addStartCommand } from "./commands/start.ts";
import { addTopicCommands } from "./commands/topic.ts";
import { packageVersion } from "./package-version.ts";
import { UsageError } from "./usage-error.ts";

/** All commands, for `main` and for whoever checks what is said of them. */
export function commandTree(): Command {
  const program = new Command("ottla")
    .description("Kafka for TypeScript, whole: a broker cluster on Raft, a typed client, and no JVM.")
    .version(packageVersion(), "-V, --version", "the version of Ottla")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .showHelpAfterError("(ottla help lists the commands)")
    .exitOverride();
  addDevCommand(program);
  addStartCommand(program);
  addDemoCommand(program);
  addBenchCommand(program);
  addTopicCommands(program);
  addConfigCommands(program);
  addProduceCommand(program);
  addConsumeCommand(program);
  addClusterCommands(program);
  addChaosCommands(program);
  for (const command of program.commands) command.exitOverride();
  return program;
}

export async function main(args: readonly string[]): Promise<void> {
  const program = commandTree();
  try {
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (error instanceof CommanderError) return;
    process.stderr.write(`ottla: ${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env.OTTLA_STACK && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) return 2;
  // Errors of the configuration and of foreign or newer data folders say so themselves.
  if (typeof error === "object" && error !== null && "exitCode" in error && error.exitCode === 2) return 2;
  return 1;
}
