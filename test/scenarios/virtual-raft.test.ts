// test: whole consensus nodes under faults: power cuts and crashes, cut and broken streams, slow disks,
// snapshots and transfers, one seed a run. What was acknowledged is there at the end, once, in the same order
// everywhere.
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { VirtualRaftGroup, type VirtualRaftHost } from "./virtual-raft.ts";

const seeds = Number(process.env.RAFT_NODE_SEEDS ?? 25);
const firstSeed = Number(process.env.RAFT_FIRST_SEED ?? 1);

class Trial {
  readonly random: SeededRandom;
  readonly group: VirtualRaftGroup;
  readonly acknowledged = new Set<string>();
  private proposed = 0;
  crashes = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(`trial ${seed}`);
    this.group = new VirtualRaftGroup({ seed, voters: 3, observers: 1, electionTimeoutMs: 200 });
  }

  propose(): void {
    const leader = this.group.hosts.find((host) => host.isLeader);
    if (leader === undefined) return;
    for (let count = this.random.below(20); count > 0; count -= 1) {
      const text = `v${this.proposed++}`;
      const size = this.random.chance(0.1) ? 3_000 : 10;
      try {
        leader.append([text, `${text}+${"x".repeat(size)}`]).then(
          () => void this.acknowledged.add(text),
          () => {},
        );
      } catch {
        // It hands leadership over.
      }
    }
  }

  fault(): void {
    const { random, group } = this;
    const { fabric } = group.world;
    const [one, other] = [random.pick(group.hosts), random.pick(group.hosts)];
    const dice = random.float();
    if (dice < 0.15 && one.machine.isUp) {
      this.crashes += 1;
      one.crash(random.chance(0.5) ? "power" : "process");
    } else if (dice < 0.3) fabric.isolate(one.machine.name);
    else if (dice < 0.4) fabric.blackHole(one.machine.name, other.machine.name);
    else if (dice < 0.5) fabric.reset(one.machine.name, other.machine.name);
    else if (dice < 0.6) one.machine.disk.faults.slowFactor = random.pick([1, 1, 30]);
    else if (dice < 0.7 && one.machine.isUp) one.machine.pause(random.below(500));
    else if (dice < 0.8) void one.node?.transferLeadership(300);
    else if (dice < 0.9) void one.node?.takeSnapshot(one.list.end, one.list.epoch, one.list.bytes);
    else fabric.healAll();
  }

  async restartSome(host: VirtualRaftHost): Promise<void> {
    if (!host.machine.isUp) await this.group.world.run(host.start());
  }

  async heal(): Promise<void> {
    this.group.world.fabric.healAll();
    for (const host of this.group.hosts) {
      host.machine.disk.faults.slowFactor = 1;
      await this.restartSome(host);
    }
    await this.group.commit(["end"]);
    await this.group.until(() => this.group.hosts.every(({ list }) => list.values.at(-1) === "end"));
  }
}

describe("whole consensus nodes under faults", () => {
  it(`lose nothing that was acknowledged over ${seeds} seeds`, async () => {
    let acknowledged = 0;
    let crashes = 0;
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const trial = new Trial(seed);
      try {
        await trial.group.startAll();
        for (let round = 0; round < 60; round += 1) {
          trial.propose();
          await trial.group.world.runFor(trial.random.below(200));
          if (trial.random.chance(0.4)) trial.fault();
          if (trial.random.chance(0.3)) await trial.restartSome(trial.random.pick(trial.group.hosts));
        }
        await trial.heal();
        const { values } = trial.group.host(1).list;
        for (const { list } of trial.group.hosts) expect(list.values).toEqual(values);
        expect(new Set(values).size).toBe(values.length);
        for (const text of trial.acknowledged) expect(values).toContain(text);
        const halts = trial.group.hosts.flatMap(({ machine }) => machine.halts);
        expect(halts).toEqual([]);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
      acknowledged += trial.acknowledged.size;
      crashes += trial.crashes;
    }
    expect(acknowledged).toBeGreaterThan(seeds * 50);
    expect(crashes).toBeGreaterThan(seeds);
  }, 300_000);
});
