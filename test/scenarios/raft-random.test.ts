// test: the consensus core under a random schedule: messages lost, doubled, late and out of order,
// partitions, nodes that crash with and without what they had not synced, slow disks, snapshots and
// transfers; one seed, one run. Afterwards everything heals, and the group must make progress.
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import type { Voter } from "../../cluster/raft/core/words.ts";
import type { RaftMessage } from "../../proto/peer/peer-api.ts";
import { RaftChecks } from "./raft-checks.ts";
import { RaftMachine } from "./raft-machine.ts";

interface Swarm {
  readonly loses: number;
  readonly doubles: number;
  readonly reorders: boolean;
  readonly crashes: number;
  readonly partitions: number;
  readonly slowDisk: boolean;
  readonly compacts: number;
  readonly transfers: number;
  readonly bindsLater: boolean;
  /** One voter's disk is replaced during the run. */
  readonly wipes: boolean;
}

const seeds = Number(process.env.RAFT_SEEDS ?? 400);
const firstSeed = Number(process.env.RAFT_FIRST_SEED ?? 1);

class RandomGroup {
  readonly random: SeededRandom;
  readonly machines: RaftMachine[] = [];
  readonly checks: RaftChecks;
  readonly swarm: Swarm;
  readonly voters: number;
  network: RaftMessage[] = [];
  cut = new Set<string>();
  proposed = 0;
  wipesLeft: number;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.random = random;
    const sometimes = (rate: number): number => (random.chance(0.5) ? rate : 0);
    this.swarm = {
      loses: sometimes(0.1),
      doubles: sometimes(0.1),
      reorders: random.chance(0.5),
      crashes: sometimes(0.01),
      partitions: sometimes(0.01),
      slowDisk: random.chance(0.6),
      compacts: sometimes(0.02),
      transfers: sometimes(0.01),
      bindsLater: random.chance(0.3),
      wipes: random.chance(0.3),
    };
    this.voters = random.pick([1, 2, 3, 3, 3, 5]);
    this.wipesLeft = this.swarm.wipes && !this.swarm.bindsLater && this.voters >= 3 ? 1 : 0;
    const nodes = this.voters + random.below(3);
    const voters: Voter[] = Array.from({ length: this.voters }, (_, index) => ({
      id: index + 1,
      directoryId: this.swarm.bindsLater ? null : directoryOf(index + 1),
      host: `h${index + 1}`,
      port: 1,
    }));
    this.checks = new RaftChecks(() => this.machines, this.voters);
    for (let id = 1; id <= nodes; id += 1) {
      const machine = new RaftMachine({
        id,
        directoryId: directoryOf(id),
        isVoter: id <= this.voters,
        voters,
        ticks: { election: 10, heartbeat: 2, seek: 3 },
        random: (below) => random.below(below),
        pieceBytes: 100 + random.below(200),
        send: (message) => this.send(machine, message),
        onEffect: (from, effect) => this.checks.onEffect(from, effect),
      });
      machine.syncsByHand = this.swarm.slowDisk;
      machine.persistsByHand = this.swarm.slowDisk;
      machine.storesByHand = this.swarm.slowDisk;
      this.machines.push(machine);
      machine.start();
    }
  }

  private send(from: RaftMachine, message: RaftMessage): void {
    this.checks.onSend(from, message);
    if (this.random.chance(this.swarm.loses) || this.isCut(message)) return;
    this.network.push(message);
    if (this.random.chance(this.swarm.doubles)) this.network.push(message);
  }

  private isCut({ fromId, toId }: RaftMessage): boolean {
    return this.cut.has(`${fromId}>${toId}`);
  }

  deliver(): void {
    if (this.network.length === 0) return;
    const at = this.swarm.reorders && this.random.chance(0.3) ? this.random.below(this.network.length) : 0;
    const [message] = this.network.splice(at, 1);
    if (this.isCut(message!)) return;
    const to = this.machines.find(({ id }) => id === message!.toId);
    if (to?.isUp) to.step({ kind: "message", message: message! });
  }

  work(machine: RaftMachine): void {
    if (machine.isPersisting && this.random.chance(0.5)) machine.persist();
    if (machine.hasUnsynced && this.random.chance(0.4)) machine.sync();
    if (machine.isStoring && this.random.chance(0.3)) machine.store();
  }

  propose(): void {
    for (const machine of this.machines) {
      const count = 1 + this.random.below(3);
      const values = Array.from({ length: count }, () => `v${this.proposed++}`);
      machine.propose(values);
    }
  }

  event(): void {
    const { random, swarm } = this;
    const machine = random.pick(this.machines);
    if (random.chance(swarm.crashes)) {
      if (machine.isUp) machine.crash(random.float());
    } else if (!machine.isUp && random.chance(0.2)) this.restart(machine);
    if (random.chance(swarm.partitions)) this.partition();
    if (!machine.isUp) return;
    const dice = random.float();
    if (dice < 0.12) machine.step({ kind: "tick" });
    else if (dice < 0.2) this.propose();
    else if (dice < 0.45) this.work(machine);
    else this.deliver();
    if (random.chance(swarm.compacts)) machine.compact(random.below(4));
    if (random.chance(swarm.transfers)) machine.step({ kind: "transfer" });
    if (random.chance(0.005)) machine.step({ kind: "unreachable", id: 1 + random.below(this.voters) });
  }

  private restart(machine: RaftMachine): void {
    if (this.wipesLeft === 0 || machine.id > this.voters || this.random.chance(0.7)) {
      machine.start();
      return;
    }
    this.wipesLeft -= 1;
    this.checks.wiped += 1;
    const fresh: RaftMachine = new RaftMachine({
      ...machine.options,
      directoryId: directoryOf(100 + machine.id),
      isVoter: false,
      send: (message) => this.send(fresh, message),
    });
    fresh.syncsByHand = machine.syncsByHand;
    fresh.persistsByHand = machine.persistsByHand;
    fresh.storesByHand = machine.storesByHand;
    this.machines[machine.id - 1] = fresh;
    fresh.start();
  }

  private partition(): void {
    this.cut.clear();
    if (this.random.chance(0.4)) return;
    const side = new Set(this.machines.filter(() => this.random.chance(0.5)).map(({ id }) => id));
    const oneWay = this.random.chance(0.3);
    for (const from of this.machines) {
      for (const to of this.machines) {
        const crosses = side.has(from.id) && !side.has(to.id);
        const back = side.has(to.id) && !side.has(from.id);
        if (crosses || (back && !oneWay)) this.cut.add(`${from.id}>${to.id}`);
      }
    }
  }

  /** No more faults; answers whether all get the same new entry within a bounded time. */
  heal(): boolean {
    Object.assign(this.swarm, { loses: 0, doubles: 0, crashes: 0, reorders: false });
    this.cut.clear();
    for (const machine of this.machines) if (!machine.isUp) machine.start();
    for (let round = 0; round < 400; round += 1) {
      for (const machine of this.machines) machine.step({ kind: "tick" });
      for (let turn = 0; turn < 6; turn += 1) {
        for (let count = this.network.length; count > 0; count -= 1) this.deliver();
        for (const machine of this.machines) {
          machine.persist();
          machine.sync();
          machine.store();
        }
      }
      const leader = this.machines.find(({ leadsIn }) => leadsIn !== null);
      if (round % 20 === 10) leader?.propose(["healed"]);
      const isDone = this.machines.every(({ applied }) => applied.at(-1)?.value === "healed");
      const ends = new Set(this.machines.map(({ appliedEnd }) => appliedEnd));
      if (isDone && ends.size === 1) return true;
    }
    return false;
  }
}

function directoryOf(id: number): string {
  return Buffer.alloc(16, id).toString("base64url");
}

function describeState(group: RandomGroup): string {
  return group.machines
    .map(({ id, core, log, appliedEnd }) => {
      const { role, term, leaderId, commitEnd } = core!.state;
      const ends = `commit ${commitEnd}/${appliedEnd} log ${log.end}`;
      return `${id}: ${role} term ${term} leader ${leaderId} ${ends}`;
    })
    .join("; ");
}

describe("the consensus core at random", () => {
  it(`keeps every promise of Raft over ${seeds} seeds, and makes progress once all is well`, () => {
    const total = { elections: 0, truncations: 0, snapshotsInstalled: 0, committed: 0, wipes: 0, checks: 0 };
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const group = new RandomGroup(seed);
      try {
        for (let count = 0; count < 5000; count += 1) {
          group.event();
          if (count % 500 === 0) group.checks.compareAll();
        }
        group.checks.compareAll();
        if (!group.heal()) throw new Error(`no progress after all was well: ${describeState(group)}`);
        group.checks.compareAll();
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}\n${JSON.stringify(group.swarm)}`, {
          cause: error,
        });
      }
      total.elections += group.checks.elections;
      total.truncations += group.checks.truncations;
      total.snapshotsInstalled += group.checks.snapshotsInstalled;
      total.wipes += group.checks.wiped;
      total.committed += group.checks.committed.size;
      total.checks += group.checks.checks;
    }
    // A run that never saw these shows nothing.
    expect(total.elections).toBeGreaterThan(seeds * 2);
    expect(total.truncations).toBeGreaterThan(seeds / 20);
    expect(total.snapshotsInstalled).toBeGreaterThan(seeds / 20);
    expect(total.committed).toBeGreaterThan(seeds * 10);
    expect(total.wipes).toBeGreaterThan(seeds / 50);
    if (process.env.RAFT_SEEDS !== undefined) console.log(total);
  }, 300_000);
});
