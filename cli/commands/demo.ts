// adapter: `ottla demo`: the whole story in about a minute.
import type { Command } from "commander";

interface DemoOptions {
  input?: string;
  data?: string;
  json?: boolean;
  throughput: boolean;
}

export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .description("three brokers, real input, kill -9 of a leader, and a check that nothing was lost")
    .option("--input <file>", "any CSV with a header, JSON lines or text (default: 20,000 real flights)")
    .option("--data <dir>", "keep the cluster's data here (default: a temporary folder, removed at the end)")
    .option("--no-throughput", "leave out the table of throughput against partitions")
    .option("--json", "print the result as JSON at the end")
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import("../demo/run-demo.ts");
      const held = await runDemo(options);
      if (!held) process.exitCode = 1;
    });
}
