// test: one seed, from an empty cluster to the last check. First phase: load and faults, with every invariant
// looked at after every event. Second phase: all is healed, and the cluster must come to rest within a
// bounded virtual time, with every record that was acknowledged.

import { DiskError } from "../../base/disk-error.ts";
import { watchRejections } from "../../base/virtual/rejections.ts";
import type { TraceLine } from "../../base/virtual/trace.ts";
import { ForeignDirectoryError } from "../../cluster/log/identity-file.ts";
import type { PartitionImage } from "../../cluster/metadata/image.ts";
import { Aging, agingTopic } from "./aging.ts";
import { Faults } from "./faults.ts";
import { Grouping, groupedTopic } from "./grouping.ts";
import { Ledger } from "./ledger.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type Plan, planOf } from "./plan.ts";
import { hasShifting, Shifting, shiftingTopic } from "./shifting.ts";
import { SimCluster } from "./sim-cluster.ts";
import type { SimNode } from "./sim-node.ts";
import { CheckCounts, Violation } from "./violation.ts";
import { VoterShifts } from "./voter-shifts.ts";
import { Watch } from "./watch.ts";
import { looseTopic, safeTopic, Workload } from "./workload.ts";

const readyWithinMs = 30_000;
const restWithinMs = 90_000;
const quietWithinMs = 60_000;

export interface RunOptions {
  seed: string;
  onTrace?: TraceLine;
}

export async function runSeed({ seed, onTrace }: RunOptions): Promise<Outcome> {
  const run = new Run(planOf(seed), onTrace);
  const stopWatching = watchRejections((reason) => run.rejected(reason));
  try {
    await run.all();
    return run.outcome(null);
  } catch (error) {
    return run.outcome(error);
  } finally {
    stopWatching();
  }
}

function partitionText({ replicas, isr, elr, leader, leaderEpoch, partitionEpoch }: PartitionImage): string {
  return JSON.stringify({ replicas, isr, elr, leader, leaderEpoch, partitionEpoch });
}

export class Run {
  readonly plan: Plan;
  readonly checks = new CheckCounts();
  readonly cluster: SimCluster;
  readonly watch: Watch;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly workload: Workload;
  readonly aging: Aging | null;
  readonly shifting: Shifting | null;
  readonly voterShifts: VoterShifts | null;
  readonly grouping: Grouping | null;
  phase = "start";
  #trouble: unknown = null;

  constructor(plan: Plan, onTrace: TraceLine | undefined) {
    this.plan = plan;
    this.cluster = new SimCluster({
      plan,
      onTrace,
      tap: (message) => {
        this.watch.tap(message);
        this.faults.tap(message);
      },
      onTrouble: ({ node, kind, error }) => this.#nodeTrouble(node, kind, error),
    });
    const { world, nodes } = this.cluster;
    const producers = plan.load.producers + plan.load.acksOneProducers;
    const producerNames = Array.from({ length: producers }, (_, index) => `p${index}`);
    const clients = [...producerNames, "reader", "admin"];
    const onWrong = (what: string, error: unknown): void =>
      this.#fail(new Violation("wrong", "client: only faults make calls fail", `${what}: ${error}`));
    const envs = new Map(clients.map((name) => [name, world.addNode(name).start()]));
    this.watch = new Watch({ plan, cluster: this.cluster, checks: this.checks });
    this.faults = new Faults({
      plan,
      cluster: this.cluster,
      clients,
      random: world.random.fork("faults"),
      latest: () => this.watch.all.latest,
      onForgetful: (node) => this.watch.all.noteForgetful(node),
    });
    this.ledger = new Ledger(this.checks);
    this.workload = new Workload({
      plan,
      producerEnvs: producerNames.map((name) => envs.get(name)!),
      consumerEnv: envs.get("reader")!,
      adminEnv: envs.get("admin")!,
      bootstrap: this.cluster.bootstrap,
      ledger: this.ledger,
      onAcknowledged: (topic, partition, offset) => this.watch.acknowledged(topic, partition, offset),
      onWrong,
    });
    const { aging } = plan;
    this.aging =
      aging &&
      new Aging({
        ...{ plan, aging, ledger: this.ledger, bootstrap: this.cluster.bootstrap, onWrong },
        env: world.addNode("ager").start(),
      });
    const shifts = hasShifting(plan.seed);
    this.shifting = shifts
      ? new Shifting({
          ...{ seed: plan.seed, ledger: this.ledger, bootstrap: this.cluster.bootstrap, onWrong },
          env: world.addNode("shifter").start(),
        })
      : null;
    this.voterShifts = plan.shiftsVoters
      ? new VoterShifts({
          ...{ seed: plan.seed, bootstrap: this.cluster.bootstrap, onWrong },
          env: world.addNode("shifts voters").start(),
        })
      : null;
    const { grouping } = plan;
    this.grouping =
      grouping &&
      new Grouping({
        ...{ seed: plan.seed, grouping, world, ledger: this.ledger, checks: this.checks, onWrong },
        ...{ env: world.addNode("grouper").start(), bootstrap: this.cluster.bootstrap },
        groups: this.watch.groups,
        onViolation: (violation) => this.#fail(violation),
      });
    world.scheduler.afterEvent.push((who) => {
      if (this.#trouble !== null) throw this.#trouble;
      this.watch.afterEvent(who);
      if (who !== null) this.#halts(who);
    });
    for (const node of nodes) node.start();
  }

  async all(): Promise<void> {
    const { world } = this.cluster;
    await this.#until("the cluster is ready", () => this.#allReady(), readyWithinMs);
    await this.#settles("topics are made", this.workload.prepare(), readyWithinMs);
    if (this.aging) await this.#settles("aging is made", this.aging.prepare(), readyWithinMs);
    if (this.shifting) await this.#settles("shifting is made", this.shifting.prepare(), readyWithinMs);
    if (this.grouping) await this.#settles("grouping is made", this.grouping.prepare(), readyWithinMs);
    this.phase = "faults";
    this.workload.begin();
    this.grouping?.begin();
    this.aging?.begin();
    this.shifting?.begin();
    this.voterShifts?.begin();
    this.faults.begin();
    await world.runFor(this.plan.faultsForMs);
    this.phase = "heal";
    this.faults.heal();
    await this.#until("every broker is back and every replica in sync", () => this.#isWhole(), restWithinMs);
    await world.runFor(500);
    const ends = Promise.all([
      this.workload.end(),
      this.aging?.end(),
      this.shifting?.end(),
      this.voterShifts?.end(),
      this.grouping?.end(),
    ]);
    await this.#settles("every client is told what became of its records", ends, restWithinMs);
    this.phase = "verify";
    for (const topic of [safeTopic, looseTopic]) {
      const found = await this.#settles(
        `all of ${topic} is read`,
        this.workload.readAll(topic),
        quietWithinMs,
      );
      this.ledger.verify(topic, found);
    }
    if (this.aging) {
      const left = await this.#settles("aging is read", this.workload.readAll(agingTopic), quietWithinMs);
      this.ledger.verify(agingTopic, left, (partition) => this.watch.retention.startOf(partition));
    }
    if (this.shifting) await this.#verifyShifting(this.shifting);
    if (this.grouping) {
      const all = await this.#settles("grouped is read", this.workload.readAll(groupedTopic), quietWithinMs);
      this.ledger.verify(groupedTopic, all);
    }
    await this.#topics();
    // A pause that began before the healing may have ended after it.
    await this.#until("every replica stays in sync", () => this.#isWhole(), restWithinMs);
    this.watch.final();
    // Looked at all the time: a failure of theirs ends the run where it happens.
    this.checks.add("node: no promise is left alone");
    this.checks.add("client: only faults make calls fail", this.workload.adminCalls);
    await this.#quiet();
  }

  async #verifyShifting(shifting: Shifting): Promise<void> {
    const reading = this.workload.readAll(shiftingTopic);
    const left = await this.#settles("shifting is read", reading, quietWithinMs);
    this.ledger.verify(shiftingTopic, left, (partition) => shifting.startOf(partition));
    this.checks.add("client: only faults make calls fail", shifting.changes);
  }

  rejected(reason: unknown): void {
    const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    this.#fail(new Violation("crash", "node: no promise is left alone", text));
  }

  outcome(error: unknown): Outcome {
    return outcomeOf({ ...this, error });
  }

  #fail(violation: unknown): void {
    this.#trouble ??= violation;
  }

  async #until(what: string, condition: () => boolean, withinMs: number): Promise<void> {
    const result = await this.cluster.world.runUntil(condition, { withinMs });
    if (this.#trouble !== null) throw this.#trouble;
    this.checks.add("progress: the cluster comes to rest after faults");
    if (result === "done") return;
    const text = `${what}: not within ${withinMs} ms (${result})\n${this.describe()}`;
    throw new Violation("stuck", "progress: the cluster comes to rest after faults", text);
  }

  async #settles<T>(what: string, promise: Promise<T>, withinMs: number): Promise<T> {
    let settled = false;
    promise.then(
      () => (settled = true),
      () => (settled = true),
    );
    await this.#until(what, () => settled, withinMs);
    return promise;
  }

  #allReady(): boolean {
    return this.cluster.nodes.every((node) => node.running?.notReady().length === 0);
  }

  #isWhole(): boolean {
    if (!this.#allReady()) return false;
    for (const { partitions } of this.watch.all.latest.topics.values()) {
      if (partitions.some(({ isr, replicas, leader }) => leader < 0 || isr.length < replicas.length))
        return false;
    }
    return true;
  }

  async #topics(): Promise<void> {
    const listed = new Set(
      await this.#settles("topics are listed", this.workload.listTopics(), quietWithinMs),
    );
    for (const [topicId, { name, state }] of this.workload.topics) {
      if (state === "either") continue;
      this.checks.hold(
        "client: a topic that was made is there, one that was deleted is not",
        listed.has(topicId) === (state === "there"),
        () => `${name} (${topicId}) should be ${state}; listed are ${[...listed]}`,
      );
    }
  }

  /** Nobody asks for anything: what still waits is what never ends. */
  async #quiet(): Promise<void> {
    const { world } = this.cluster;
    await world.runFor(3_000);
    const { size } = world.fabric.connections;
    this.checks.hold(
      "bounds: connections end when nobody needs them",
      size <= 12 * this.plan.brokers * this.plan.brokers,
      () => `${size} connections after everybody left`,
    );
  }

  /** A process that ends by itself needs a reason that was put there. */
  #halts(name: string): void {
    const node = this.cluster.nodes.find((one) => one.name === name);
    const last = node?.machine.halts.at(-1);
    if (node === undefined) return;
    this.checks.add("node: no process ends by itself");
    if (last === undefined) return;
    if (this.faults.troubledDisks.has(node.id)) return;
    throw new Violation("crash", "node: no process ends by itself", `${name}: ${last.reason}`);
  }

  #nodeTrouble(node: SimNode, kind: string, error: unknown): void {
    if (node.foreignDiskOf !== null) {
      this.checks.add("node: the disk of another node is refused");
      const isTroubled = this.faults.troubledDisks.has(node.foreignDiskOf.id);
      if (error instanceof ForeignDirectoryError || (isTroubled && error instanceof DiskError)) return;
    }
    if (this.faults.troubledDisks.has(node.id)) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#fail(new Violation("crash", "node: no process ends by itself", `${node.name}: ${kind}: ${text}`));
  }

  describe(): string {
    const nodes = this.cluster.nodes.map((node) => {
      const { running } = node;
      if (running === null) return `${node.name}: ${node.isUp ? "starting" : "down"}`;
      const { role, term, leaderId, commitEnd, logEnd } = running.raft.status() ?? {};
      const raft = JSON.stringify({ role, term, leaderId, commitEnd, logEnd });
      return `${node.name}: ${running.notReady().join("; ") || "ready"} ${raft} image ${running.image.end}`;
    });
    const partitions = [...this.watch.all.latest.topics.values()].flatMap((topic) =>
      topic.partitions
        .filter(({ isr, replicas }) => isr.length < replicas.length)
        .map((one) => `${topic.name}-${one.partition}: ${partitionText(one)}`),
    );
    return [...nodes, ...partitions, this.grouping?.describe() ?? ""].join("\n");
  }
}
