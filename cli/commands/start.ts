// adapter: `ottla start`: one broker and/or controller in the foreground.
import type { Command } from "commander";
import { collectForBuffers } from "../../base/real/garbage-collection.ts";
import { setting } from "./options.ts";

interface StartOptions {
  config?: string;
  set?: Record<string, string>;
}

export function addStartCommand(program: Command): void {
  program
    .command("start")
    .description("run one broker and/or controller in the foreground")
    .option("--config <file>", "properties file, with Kafka's names")
    .option("--set <name=value>", "a setting, over the file and the environment; may be repeated", setting)
    .action(async (options: StartOptions) => {
      collectForBuffers();
      const { runNode } = await import("../../services/start.ts");
      await runNode({
        configFile: options.config ?? null,
        settings: options.set ?? {},
        environment: process.env,
      });
    });
}
