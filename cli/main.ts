// entry: the command line. Builds the table of commands, runs one, and turns what went wrong into an exit
// code: 0 done, 1 the cluster refused or failed, 2 wrong usage or input. Errors go to stderr.
import { Command, CommanderError } from "commander";
import { packageVersion } from "./package-version.ts";
import { UsageError } from "./usage-error.ts";

type AddCommand = (program: Command) => void;

/** By name, in the order in which `ottla help` lists them; each is loaded when it is asked for. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  dev: async () => (await import("./commands/dev.ts")).addDevCommand,
  start: async () => (await import("./commands/start.ts")).addStartCommand,
  demo: async () => (await import("./commands/demo.ts")).addDemoCommand,
  bench: async () => (await import("./commands/bench.ts")).addBenchCommand,
  topic: async () => (await import("./commands/topic.ts")).addTopicCommands,
  config: async () => (await import("./commands/config.ts")).addConfigCommands,
  produce: async () => (await import("./commands/produce.ts")).addProduceCommand,
  consume: async () => (await import("./commands/consume.ts")).addConsumeCommand,
  group: async () => (await import("./commands/group.ts")).addGroupCommands,
  cluster: async () => (await import("./commands/cluster.ts")).addClusterCommands,
  chaos: async () => (await import("./commands/chaos.ts")).addChaosCommands,
};

/**
 * The commands with these names; all when none of them is one, for help and suggestions. For `main`, and for
 * whoever checks what is said of them.
 */
export async function commandTree(names: readonly string[] = []): Promise<Command> {
  const program = new Command("ottla")
    .description("Kafka for TypeScript, whole: a broker cluster on Raft, a typed client, and no JVM.")
    .version(packageVersion(), "-V, --version", "the version of Ottla")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .showHelpAfterError("(ottla help lists the commands)")
    .exitOverride();
  const named = names.filter((name) => Object.hasOwn(commands, name));
  for (const name of named.length > 0 ? named : Object.keys(commands)) {
    const add = await commands[name]!();
    add(program);
  }
  for (const command of program.commands) command.exitOverride();
  return program;
}

export async function main(args: readonly string[]): Promise<void> {
  // A broker that starts loads nothing that only other commands need.
  const program = await commandTree(args.slice(0, 1));
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
