// adapter: options that many commands share.
import { type Command, InvalidArgumentError, Option } from "commander";

export interface ClusterOptions {
  bootstrap: string;
  json?: boolean;
}

/** --bootstrap (or KAFKA_BOOTSTRAP) and --json, for every command that talks to a cluster. */
export function withCluster(command: Command): Command {
  return command
    .addOption(
      new Option("--bootstrap <host:port,...>", "brokers to start from")
        .env("KAFKA_BOOTSTRAP")
        .default("127.0.0.1:9092"),
    )
    .option("--json", "print JSON instead of a table");
}

/** A whole number of at least `least`, and at most `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`it should be a whole number of at least ${least}.`);
    }
    if (value > most) throw new InvalidArgumentError(`it should be at most ${most}.`);
    return value;
  };
}

/** Collects repeated `name=value` options into one object. */
export function setting(text: string, before: Record<string, string> | undefined): Record<string, string> {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("it should be name=value.");
  return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1) };
}
