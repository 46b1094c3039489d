// adapter: `ottla config describe | set | delete`, for topics, one broker, or all brokers.
import type { Command } from "commander";
import type { ConfigSubject } from "../../client/index.ts";
import { print, printJson, table } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { withAdmin } from "./connect.ts";
import { type ClusterOptions, wholeNumber, withCluster } from "./options.ts";

interface SubjectOptions extends ClusterOptions {
  topic?: string;
  broker?: number;
  allBrokers?: boolean;
}

interface DescribeOptions extends SubjectOptions {
  all?: boolean;
}

interface ChangeOptions extends SubjectOptions {
  validateOnly?: boolean;
}

function withSubject(command: Command): Command {
  return withCluster(command)
    .option("--topic <name>", "settings of this topic")
    .option("--broker <id>", "settings of this broker", wholeNumber(0))
    .option("--all-brokers", "settings of all brokers that do not override them");
}

export function addConfigCommands(program: Command): void {
  const config = program.command("config").description("settings of topics and brokers, while they run");
  withSubject(config.command("describe"))
    .description("values, and where they come from")
    .option("--all", "those that have their default too")
    .action(describe);
  withSubject(config.command("set <name=value...>"))
    .description("change settings")
    .option("--validate-only", "only say whether the cluster would take them")
    .action(set);
  withSubject(config.command("delete <name...>"))
    .description("take settings back to what counts without them")
    .option("--validate-only", "only say whether the cluster would do it")
    .action(remove);
}

function subjectOf({ topic, broker, allBrokers }: SubjectOptions): ConfigSubject {
  const given: ConfigSubject[] = [];
  if (topic !== undefined) given.push({ type: "topic", name: topic });
  if (broker !== undefined) given.push({ type: "broker", id: broker });
  if (allBrokers) given.push({ type: "allBrokers" });
  if (given.length === 1) return given[0]!;
  throw new UsageError("say whose settings: one of --topic NAME, --broker ID and --all-brokers");
}

async function describe(options: DescribeOptions): Promise<void> {
  const subject = subjectOf(options);
  await withAdmin(options, async (admin) => {
    const [found] = await admin.describeConfigs([subject]);
    const configs = found!.configs.filter(({ source }) => options.all || source !== "default");
    if (options.json) return printJson(configs);
    if (configs.length === 0) return print("nothing is set; --all shows the defaults");
    const rows = configs.map((one) => [one.name, one.isSensitive ? "(hidden)" : one.value, one.source]);
    print(table(["setting", "value", "from"], rows));
  });
}

async function set(pairs: string[], options: ChangeOptions): Promise<void> {
  const subject = subjectOf(options);
  const values = Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const at = pair.indexOf("=");
      if (at <= 0) throw new UsageError(`"${pair}" should be name=value`);
      return [pair.slice(0, at).trim(), pair.slice(at + 1)];
    }),
  );
  const validateOnly = options.validateOnly ?? false;
  await withAdmin(options, async (admin) => {
    await admin.alterConfigs([{ subject, set: values }], { validateOnly });
    if (options.json) printJson({ subject, set: values, validateOnly });
    else print(validateOnly ? "the cluster would take it" : `set ${Object.keys(values).join(", ")}`);
  });
}

async function remove(names: string[], options: ChangeOptions): Promise<void> {
  const subject = subjectOf(options);
  const validateOnly = options.validateOnly ?? false;
  await withAdmin(options, async (admin) => {
    await admin.alterConfigs([{ subject, delete: names }], { validateOnly });
    if (options.json) printJson({ subject, delete: names, validateOnly });
    else print(validateOnly ? "the cluster would do it" : `took back ${names.join(", ")}`);
  });
}
