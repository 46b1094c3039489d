// adapter: the longest gap of a producer when a broker is killed or stopped: one record after the other,
// acks=all, one partition with 3 replicas. The writer is the same bare one for both systems. Not in pairs:
// each system has its rounds for itself, and may have another number of them.
import { Admin } from "../../client/index.ts";
import type { Systems } from "../both-systems.ts";
import { type Bench, leaveOut, settleDisk } from "../compare.ts";
import { type Measurement, makeRow, type Row, type RowHead, type SideName } from "../measure/row.ts";
import type { BenchCluster, StartBenchCluster } from "../systems/bench-cluster.ts";
import { withDeleted } from "../topics.ts";
import { type FailoverCase, placeFor, troubles } from "./cases.ts";
import { gapWhile } from "./gap-while.ts";
import { placeTopic, steadyController } from "./steady-state.ts";

export interface FailoverOptions {
  cases: readonly FailoverCase[];
  rounds: number;
  kafkaRounds: number;
  flush: string;
  /** Sessions of Kafka's brokers in ms, one comparison for each; null is Kafka's default. */
  kafkaSessionsMs: readonly (number | null)[];
}

interface Side {
  name: SideName;
  start: StartBenchCluster;
  settings: Record<string, string>;
  rounds: number;
}

type Gaps = Map<FailoverCase, Measurement[] | Error>;

const brokers = [1, 2, 3];

export async function measureFailover(
  bench: Bench,
  systems: Systems,
  options: FailoverOptions,
): Promise<Row[]> {
  const { flush, rounds, kafkaRounds, kafkaSessionsMs } = options;
  const settings = { "ottla.flush.policy": flush };
  const ottla = await gapsOf(bench, { name: "ottla", start: systems.startOttla, settings, rounds }, options);
  const { startKafka: start } = systems;
  if (start === null) return rowsOf(bench, options, "", new Map([["ottla", ottla]]));
  const rows: Row[] = [];
  for (const sessionMs of kafkaSessionsMs) {
    const settings = sessionMs === null ? {} : { "broker.session.timeout.ms": String(sessionMs) };
    const kafka = await gapsOf(bench, { name: "kafka", start, settings, rounds: kafkaRounds }, options);
    const session =
      sessionMs === null ? "; Kafka's own session" : `; Kafka with a session of ${sessionMs} ms`;
    rows.push(
      ...rowsOf(
        bench,
        options,
        session,
        new Map([
          ["ottla", ottla],
          ["kafka", kafka],
        ]),
      ),
    );
  }
  return rows;
}

function rowsOf(
  bench: Bench,
  { cases, flush }: FailoverOptions,
  session: string,
  sides: ReadonlyMap<SideName, Gaps>,
): Row[] {
  return cases.flatMap((kind) => {
    const name = `longest gap, ${troubles[kind].name}${session}`;
    const head: RowHead = { name, unit: "ms", flush, isLowerBetter: true };
    const turns = new Map<SideName, Measurement[]>();
    for (const [side, gaps] of sides) {
      const measured = gaps.get(kind)!;
      if (measured instanceof Error) {
        leaveOut(bench, head, side, measured);
        return [];
      }
      turns.set(side, measured);
    }
    return [makeRow(head, turns)];
  });
}

async function gapsOf(bench: Bench, side: Side, { cases }: FailoverOptions): Promise<Gaps> {
  const { name, start, settings, rounds } = side;
  bench.progress(`failover: ${name} ${Object.entries(settings).flat().join(" ")}`.trimEnd());
  const cluster = await start({ brokers: brokers.length, settings });
  const gaps: Gaps = new Map();
  try {
    for (const kind of cases) {
      const measured: Measurement[] = [];
      gaps.set(kind, measured);
      try {
        while (measured.length < rounds) {
          await settleDisk();
          const value = await oneRound(cluster, kind);
          bench.progress(`  ${troubles[kind].name}: ${name} ${Math.round(value)} ms`);
          measured.push({ value, also: {} });
        }
      } catch (error) {
        gaps.set(kind, error instanceof Error ? error : new Error(String(error)));
      }
    }
  } finally {
    await cluster.stop();
  }
  return gaps;
}

async function oneRound(cluster: BenchCluster, kind: FailoverCase): Promise<number> {
  await using admin = new Admin({ bootstrap: cluster.bootstrap });
  const controller = await steadyController(admin, brokers.length);
  const { victim, replicas } = placeFor(kind, controller, brokers);
  return await withDeleted(cluster, admin, async (topic) => {
    await placeTopic(admin, cluster.system, topic, replicas);
    const gap = await gapWhile(cluster.bootstrap, topic, victim, () =>
      troubles[kind].isGraceful ? cluster.terminate(victim) : cluster.kill(victim),
    );
    await cluster.revive(victim);
    return gap;
  });
}
