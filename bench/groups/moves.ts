// adapter: partitions that move from member to member: when a group begins, when one more joins, one leaves,
// one is killed, and when the topic grows. Always until every partition is read again by who has it now.
import { type Bench, compareSides } from "../compare.ts";
import { writeEach } from "../load/write-each.ts";
import type { Measurement, Row, RowHead } from "../measure/row.ts";
import type { BenchCluster } from "../systems/bench-cluster.ts";
import { withTopic } from "../topics.ts";
import type { GroupBench } from "./group-bench.ts";
import type { GroupProtocol } from "./member-orders.ts";
import type { MemberProcess } from "./member-process.ts";
import { monotonicMs } from "./monotonic.ts";
import { RunningGroup } from "./running-group.ts";

/** What happens to a group that reads; each gives one row. */
export type Move = "start" | "join" | "leave" | "kill" | "growth";

/** Those that are measured one after the other on one group. */
const together: readonly (readonly Move[])[] = [["start", "join", "leave"], ["kill"], ["growth"]];

export async function measureMoves(
  bench: Bench,
  clusters: readonly BenchCluster[],
  group: GroupBench,
  wanted: readonly Move[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const protocol of group.protocols) {
    for (const moves of together) {
      const chosen = moves.filter((move) => wanted.includes(move));
      if (chosen.length === 0) continue;
      const heads = Object.fromEntries(chosen.map((move) => [move, headOf(move, protocol, group)]));
      const sides = clusters.map((cluster) => ({
        name: cluster.system,
        measure: async () =>
          (await movesOnce(cluster, { ...group, protocol }, chosen)) as Record<Move, Measurement>,
      }));
      rows.push(...(await compareSides(bench, heads as Record<Move, RowHead>, sides)));
    }
  }
  return rows;
}

function headOf(move: Move, protocol: GroupProtocol, group: GroupBench): RowHead {
  const { members, partitions, sessionTimeoutMs, flush } = group;
  const what: Record<Move, string> = {
    start: `${members} members start: ${partitions} partitions read`,
    join: `a member joins ${members}: ${partitions} partitions read again`,
    leave: `one of ${members + 1} members leaves: ${partitions} partitions read again`,
    kill: `kill -9 of one of ${members} members, session ${sessionTimeoutMs} ms: all read again`,
    growth: `the topic of ${members} members grows by ${partitions} partitions: all new ones read`,
  };
  return { name: `${protocol} group, ${what[move]}`, unit: "ms", flush, isLowerBetter: true };
}

interface OneGroup extends GroupBench {
  readonly protocol: GroupProtocol;
  readonly topic: string;
}

type Measured = Partial<Record<Move, Measurement>>;

async function movesOnce(
  cluster: BenchCluster,
  shape: Omit<OneGroup, "topic">,
  moves: readonly Move[],
): Promise<Measured> {
  const { partitions, replicas, flush } = shape;
  const { bootstrap } = cluster;
  return await withTopic(cluster, { partitions, replicas, flush }, async (topic, admin) => {
    await writeEach(bootstrap, topic, { from: 0, to: partitions });
    const one = { ...shape, topic };
    if (moves.includes("kill")) return await withGroup(cluster, one, (group) => killed(group, one));
    return await withGroup(cluster, one, async (group) => {
      const process = await group.prepare();
      const { start } = await started(group, process, one);
      if (!moves.includes("growth")) return { start, ...(await oneMore(group, moves, partitions)) };
      const [grownMs, total] = [monotonicMs(), 2 * partitions];
      await admin.createPartitions([{ topic, partitions: total }]);
      await writeEach(bootstrap, topic, { from: partitions, to: total });
      return { growth: since(grownMs, await group.readByAll(total)) };
    });
  });
}

async function withGroup<Result>(
  cluster: BenchCluster,
  shape: OneGroup,
  work: (group: RunningGroup) => Promise<Result>,
): Promise<Result> {
  const group = new RunningGroup(cluster, shape);
  try {
    return await work(group);
  } finally {
    await group.stop();
  }
}

async function started(group: RunningGroup, process: MemberProcess, shape: OneGroup) {
  const { members, beganMs } = await group.join(process, shape.members);
  return { members, start: since(beganMs, await group.readByAll(shape.partitions)) };
}

/** One more in a process of its own joins, and leaves again. */
async function oneMore(group: RunningGroup, moves: readonly Move[], partitions: number): Promise<Measured> {
  if (!moves.includes("join") && !moves.includes("leave")) return {};
  const { members, beganMs } = await group.join(await group.prepare(), 1);
  const join = since(beganMs, await group.readByAll(partitions));
  const leaving = await group.leave(members[0]!);
  const leave = since(leaving.beganMs, await group.readByAll(partitions));
  await leaving.left;
  return { join, leave };
}

/** The last of the members is in a process of its own. */
async function killed(group: RunningGroup, shape: OneGroup): Promise<Measured> {
  const { members, partitions } = shape;
  const [many, last] = [await group.prepare(), await group.prepare()];
  await Promise.all([group.join(many, members - 1), group.join(last, 1)]);
  await group.readByAll(partitions);
  const killedMs = await group.kill(last);
  return { kill: since(killedMs, await group.readByAll(partitions)) };
}

function since(beganMs: number, endedMs: number): Measurement {
  return { value: endedMs - beganMs, also: {} };
}
