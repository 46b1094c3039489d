// adapter: `ottla bench groups`: consumer groups: how soon all is read when members come and go, commits,
// loading, idle groups, and the rate at which groups read.
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { type Systems, withSystems } from "../../bench/both-systems.ts";
import type { Bench } from "../../bench/compare.ts";
import { measureClients } from "../../bench/groups/clients.ts";
import { measureCommits } from "../../bench/groups/commits.ts";
import type { GroupBench } from "../../bench/groups/group-bench.ts";
import { measureIdleGroups } from "../../bench/groups/idle-groups.ts";
import { loadingEnvironment, loadingSettings, measureLoading } from "../../bench/groups/loading.ts";
import { type Move, measureMoves } from "../../bench/groups/moves.ts";
import { measureGroupRate, type RateShape } from "../../bench/groups/rate.ts";
import type { Row } from "../../bench/measure/row.ts";
import type { BenchCluster } from "../../bench/systems/bench-cluster.ts";
import { ratePlot } from "../output/rate-plot.ts";
import { type BenchCommandOptions, chosen, withBench } from "./bench-options.ts";
import { runBench } from "./bench-run.ts";
import { wholeNumber } from "./options.ts";

const moves: readonly Move[] = ["start", "join", "leave", "kill", "growth"];
const steady = ["commits", "idle", "rate", "clients"] as const;
const cases = [...moves, ...steady, "loading"] as const;
const protocols = ["classic", "cooperative", "consumer"] as const;

interface GroupsOptions extends BenchCommandOptions {
  cases?: string;
  protocols: string;
  flush: string;
  members?: number;
  partitions?: number;
  replicas: number;
  session?: number;
  commitGroups?: number;
  commitRate?: number;
  pipeline: number;
  idleGroups?: number;
  loadGroups?: number;
  loadPartitions?: number;
  fill?: number;
  consumers: number[];
  ratePartitions?: number[];
  plot?: string;
}

export function addGroupsCommand(bench: Command): void {
  const count = wholeNumber(1);
  withBench(bench.command("groups"))
    .description("consumer groups: members that come and go, commits, loading, idle groups, rate of reading")
    .option("--cases <name,...>", `of ${cases.join(", ")} (all)`)
    .option("--protocols <name,...>", `of ${protocols.join(", ")}`, "classic,consumer")
    .option("--flush <policy>", "Ottla's; Kafka has its own way", "durable")
    .option("--members <n>", "members that start together (10; with --quick 3)", wholeNumber(2))
    .option("--partitions <n>", "partitions that they read (900; with --quick 30)", count)
    .option("--replicas <n>", "replicas of these partitions", count, 3)
    .option("--session <n>", "seconds after which a silent member is out (10; with --quick 6)", count)
    .option("--commit-groups <n>", "groups that commit (1000; with --quick 50)", count)
    .option("--commit-rate <n>", "commits a second in the open loop (10000; with --quick 500)", count)
    .option("--pipeline <n>", "commits under way on each connection in the closed loop", count, 64)
    .option("--idle-groups <n>", "groups that only stay (1000; with --quick 20)", count)
    .option("--load-groups <n>", "groups in the partition that is loaded (10000; with --quick 100)", count)
    .option("--load-partitions <n>", "offsets of each of them (100; with --quick 10)", count)
    .option("--fill <mib>", "what a topic holds that is read again and again (256; with --quick 8)", count)
    .option("--consumers <n,...>", "consumers of a group whose rate is measured", numbers, [1, 2, 4])
    .option("--rate-partitions <n,...>", "of its topic (1,6,24,96; with --quick 1,6)", numbers)
    .option("--plot <file>", "draw the rates as SVG there")
    .action(benchGroups);
}

function numbers(text: string): number[] {
  return text.split(",").map(wholeNumber(1));
}

type Case = (typeof cases)[number];

function benchGroups(options: GroupsOptions, command: Command): Promise<void> {
  const { flush, plot } = options;
  const wanted = chosen<Case>(options.cases, cases, "--cases");
  const group = groupOf(options);
  return runBench(options, command, async (bench, systems) => {
    const rows: Row[] = [];
    if (wanted.some((name) => name !== "loading")) {
      const running = withSession(systems, group.sessionTimeoutMs);
      await withSystems(bench, running, { brokers: [3], flush: [flush] }, async ({ clusters }) => {
        const moved = moves.filter((move) => wanted.includes(move));
        rows.push(...(await measureMoves(bench, clusters, group, moved)));
        for (const name of steady.filter((one) => wanted.includes(one))) {
          rows.push(...(await measureSteady(bench, clusters, options, name)));
        }
      });
    }
    if (wanted.includes("loading")) rows.push(...(await loading(bench, systems, options)));
    if (plot !== undefined) writeFileSync(plot, ratePlot(rows, rateShape(options)));
    return rows;
  });
}

function groupOf(options: GroupsOptions): GroupBench {
  const { quick = false, flush, replicas } = options;
  const { members = quick ? 3 : 10, partitions = quick ? 30 : 900, session = quick ? 6 : 10 } = options;
  const sessionTimeoutMs = 1_000 * session;
  const named = chosen(options.protocols, protocols, "--protocols");
  return { protocols: named, members, partitions, replicas, sessionTimeoutMs, flush };
}

function rateShape(options: GroupsOptions): RateShape {
  const { quick = false, flush, consumers } = options;
  const { fill: mebibytes = quick ? 8 : 256, ratePartitions = quick ? [1, 6] : [1, 6, 24, 96] } = options;
  const { sessionTimeoutMs } = groupOf(options);
  return { consumers, partitions: ratePartitions, mebibytes, sessionTimeoutMs, flush };
}

async function measureSteady(
  bench: Bench,
  clusters: readonly BenchCluster[],
  options: GroupsOptions,
  name: (typeof steady)[number],
): Promise<Row[]> {
  const { quick = false, flush, pipeline: depth } = options;
  const rows: Row[] = [];
  switch (name) {
    case "commits": {
      const { commitGroups: groups = quick ? 50 : 1_000 } = options;
      const { commitRate: perSecond = quick ? 500 : 10_000 } = options;
      return await measureCommits(bench, clusters, { groups, depth, perSecond, flush });
    }
    case "idle": {
      const { idleGroups: groups = quick ? 20 : 1_000 } = options;
      for (const protocol of ["classic", "consumer"] as const) {
        if (!groupOf(options).protocols.includes(protocol)) continue;
        rows.push(...(await measureIdleGroups(bench, clusters, { protocol, groups, flush })));
      }
      return rows;
    }
    case "rate":
      return await measureGroupRate(bench, clusters, rateShape(options));
    case "clients": {
      const { mebibytes } = rateShape(options);
      for (const cluster of clusters) {
        rows.push(...(await measureClients(bench, cluster, { partitions: 6, mebibytes, flush })));
      }
      return rows;
    }
  }
}

/** On clusters of their own: they hold one partition for all groups. */
async function loading(bench: Bench, systems: Systems, options: GroupsOptions): Promise<Row[]> {
  const { quick = false, flush } = options;
  const { loadGroups: groups = quick ? 100 : 10_000, loadPartitions: partitions = quick ? 10 : 100 } =
    options;
  const own = withSettings(systems, loadingSettings, {}, loadingEnvironment);
  const rows: Row[] = [];
  await withSystems(bench, own, { brokers: [1], flush: [flush] }, async ({ clusters }) => {
    rows.push(...(await measureLoading(bench, clusters, { groups, partitions, flush })));
  });
  return rows;
}

/** Brokers that give members of the consumer protocol this session; Kafka has a least for it too. */
function withSession(systems: Systems, sessionTimeoutMs: number): Systems {
  const session = { "group.consumer.session.timeout.ms": String(sessionTimeoutMs) };
  const least = { "group.consumer.min.session.timeout.ms": String(sessionTimeoutMs) };
  return withSettings(systems, session, least);
}

/** Both with these settings, and Kafka with some of its own and further environment. */
function withSettings(
  { startOttla, startKafka, warmupMs }: Systems,
  both: Readonly<Record<string, string>>,
  kafkas: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): Systems {
  return {
    warmupMs,
    startOttla: (more) => startOttla({ ...more, settings: { ...more.settings, ...both } }),
    startKafka:
      startKafka &&
      ((more) => startKafka({ ...more, settings: { ...more.settings, ...both, ...kafkas }, environment })),
  };
}
