// adapter: `ottla bench groups`: consumer groups: how soon all is read when members come and go, commits,
// loading, idle groups, and the rate at which groups read.
import type { Command } from "commander";
import type { Systems } from "../../bench/both-systems.ts";
import { withSystems } from "../../bench/both-systems.ts";
import type { GroupBench } from "../../bench/groups/group-bench.ts";
import { type Move, measureMoves } from "../../bench/groups/moves.ts";
import type { Row } from "../../bench/measure/row.ts";
import { type BenchCommandOptions, chosen, withBench } from "./bench-options.ts";
import { runBench } from "./bench-run.ts";
import { wholeNumber } from "./options.ts";

const moves: readonly Move[] = ["start", "join", "leave", "kill", "growth"];
const cases = [...moves] as const;
const protocols = ["classic", "cooperative", "consumer"] as const;

interface GroupsOptions extends BenchCommandOptions {
  cases?: string;
  protocols: string;
  members?: number;
  partitions?: number;
  replicas: number;
  session?: number;
  flush: string;
}

export function addGroupsCommand(bench: Command): void {
  withBench(bench.command("groups"))
    .description("consumer groups: members that come and go, commits, loading, idle groups, rate of reading")
    .option("--cases <name,...>", `of ${cases.join(", ")} (all)`)
    .option("--protocols <name,...>", `of ${protocols.join(", ")}`, "classic,consumer")
    .option("--members <n>", "members of a group (10; with --quick 3)", wholeNumber(2))
    .option("--partitions <n>", "partitions that they read (900; with --quick 30)", wholeNumber(1))
    .option("--replicas <n>", "replicas of these partitions", wholeNumber(1), 3)
    .option(
      "--session <n>",
      "seconds after which a silent member is out (10; with --quick 6)",
      wholeNumber(1),
    )
    .option("--flush <policy>", "Ottla's; Kafka has its own way", "durable")
    .action(benchGroups);
}

function benchGroups(options: GroupsOptions, command: Command): Promise<void> {
  const { quick = false, flush, replicas } = options;
  const wanted = chosen(options.cases, cases, "--cases");
  const { members = quick ? 3 : 10, partitions = quick ? 30 : 900, session = quick ? 6 : 10 } = options;
  const sessionTimeoutMs = 1_000 * session;
  const group: GroupBench = {
    protocols: chosen(options.protocols, protocols, "--protocols"),
    ...{ members, partitions, replicas, sessionTimeoutMs, flush },
  };
  return runBench(options, command, async (bench, systems) => {
    const rows: Row[] = [];
    const running = withSession(systems, sessionTimeoutMs);
    await withSystems(bench, running, { brokers: [3], flush: [flush] }, async ({ clusters }) => {
      rows.push(...(await measureMoves(bench, clusters, group, wanted)));
    });
    return rows;
  });
}

/** Brokers that give members of the consumer protocol this session; Kafka has a least for it too. */
function withSession(systems: Systems, sessionTimeoutMs: number): Systems {
  const session = { "group.consumer.session.timeout.ms": String(sessionTimeoutMs) };
  const least = { "group.consumer.min.session.timeout.ms": String(sessionTimeoutMs) };
  const { startOttla, startKafka } = systems;
  return {
    ...systems,
    startOttla: (more) => startOttla({ ...more, settings: { ...more.settings, ...session } }),
    startKafka:
      startKafka === null
        ? null
        : (more) => startKafka({ ...more, settings: { ...more.settings, ...session, ...least } }),
  };
}
