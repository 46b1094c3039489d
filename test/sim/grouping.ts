// test: groups that read a topic: members come, leave, crash, stand still and come back, each on a machine of
// its own, while brokers fail; and the one who writes what they read.
import type { ClientEnv } from "../../base/ports/env.ts";
import { RevokedError } from "../../base/virtual/life.ts";
import type { VirtualNode } from "../../base/virtual/node.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import type { VirtualWorld } from "../../base/virtual/world.ts";
import { AdminClient } from "../../client/admin/admin.ts";
import { ConsumerClient } from "../../client/consumer/consumer.ts";
import type { TopicPartition } from "../../client/group/places.ts";
import { ProducerClient } from "../../client/producer/producer.ts";
import type { GroupCheck } from "./checks/group-check.ts";
import { GroupModel } from "./group-model.ts";
import type { GroupingPlan, GroupPlan } from "./grouping-plan.ts";
import type { Ledger } from "./ledger.ts";
import { type CheckCounts, Violation } from "./violation.ts";
import { isPatient, plain } from "./workload.ts";

export const groupedTopic = "grouped";
const outstandingMax = 100;
/** A member that has not closed by then never will. */
const closeWithinMs = 40_000;

export interface GroupingOptions {
  readonly seed: string;
  readonly grouping: GroupingPlan;
  readonly world: VirtualWorld;
  readonly env: ClientEnv;
  readonly bootstrap: string;
  readonly ledger: Ledger;
  readonly checks: CheckCounts;
  /** What coordinators have. */
  readonly groups: GroupCheck;
  readonly onWrong: (what: string, error: unknown) => void;
  readonly onViolation: (violation: unknown) => void;
}

interface Member {
  readonly name: string;
  readonly group: GroupPlan;
  readonly machine: VirtualNode;
  readonly random: SeededRandom;
  consumer: ConsumerClient | null;
  /** Grows with every consumer: what an older one says is of a life that is over. */
  life: number;
  /** The newest generation that its consumer has had. */
  generation: number;
}

export class Grouping {
  readonly model: GroupModel;
  readonly #options: GroupingOptions;
  readonly #random: SeededRandom;
  readonly #members: Member[] = [];
  readonly #running: Promise<void>[] = [];
  /** One past the last offset that was acknowledged, by partition. */
  readonly #ends = new Map<number, number>();
  rebalances = 0;
  crashes = 0;
  #isOver = false;
  #isRead = false;

  constructor(options: GroupingOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed).fork("grouping members");
    this.model = new GroupModel(options.checks);
    options.groups.watch(this.model);
    for (const group of options.grouping.groups) {
      for (let index = 0; index < group.members; index++) {
        const name = `${group.groupId}-m${index}`;
        const machine = options.world.addNode(name);
        this.#members.push({
          name,
          group,
          machine,
          random: this.#random.fork(name),
          consumer: null,
          life: 0,
          generation: -1,
        });
      }
    }
  }

  async prepare(): Promise<void> {
    const { env, bootstrap, grouping } = this.#options;
    const admin = new AdminClient(env, { bootstrap, clientId: "prepares grouping" });
    const configs = { "min.insync.replicas": "2", "segment.bytes": "16384", "retention.ms": "-1" };
    const { partitions } = grouping;
    await admin.createTopics([{ name: groupedTopic, partitions, replicationFactor: 3, configs }]);
    await admin.close();
  }

  begin(): void {
    this.#running.push(this.#produce());
    for (const member of this.#members) this.#running.push(this.#lead(member));
  }

  /** Resolves when every group has read everything, and every member has left. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  describe(): string {
    return this.#members
      .map(({ name, consumer, machine }) => {
        const at = consumer?.assignment().map(({ partition }) => partition) ?? [];
        const { generationOrMemberEpoch: epoch = -1 } = consumer?.groupMetadata() ?? {};
        const lags = JSON.stringify(consumer?.lag() ?? []);
        return `${name}: ${machine.isUp ? "up" : "down"}, epoch ${epoch}, has [${at}] ${lags}`;
      })
      .join("\n");
  }

  // ---- Who writes ----

  async #produce(): Promise<void> {
    const { env, bootstrap, ledger } = this.#options;
    const random = this.#random.fork("producer");
    const options = { bootstrap, clientId: "writes for groups", acks: "all", lingerMs: 5 } as const;
    const producer = new ProducerClient(env, options);
    let outstanding = 0;
    for (let number = 0; !this.#isOver; number++) {
      await pause(env, random.between(5, 30));
      if (outstanding >= outstandingMax) continue;
      const key = `key-${random.below(8)}`;
      const record = ledger.send({ topic: groupedTopic, key, number, producer: "grouper", isSafe: true });
      outstanding++;
      const value = `${record.id} ${"x".repeat(random.below(200))}`;
      await producer.enqueue({ topic: groupedTopic, key, value }, (error, place) => {
        outstanding--;
        if (error !== null) return ledger.fail(record);
        ledger.acknowledge(record, place!);
        const { partition, offset } = place!;
        this.#ends.set(partition, Math.max(offset + 1, this.#ends.get(partition) ?? 0));
      });
    }
    await producer.flush();
    await producer.close();
    this.#isRead = true;
  }

  // ---- Members ----

  /** One member: life after life, until all is read. */
  async #lead(member: Member): Promise<void> {
    const { env } = this.#options;
    const { random, machine } = member;
    await pause(env, random.between(0, 500));
    while (!this.#isDone(member.group)) {
      if (!machine.isUp) machine.start();
      const life = this.#begin(member);
      await this.#until(() => this.#isDone(member.group), this.#isOver ? 1_000 : random.between(200, 4_000));
      if (this.#isOver) {
        await this.#until(() => this.#isDone(member.group) || member.life !== life, 200);
        if (!this.#isDone(member.group) && member.life === life && member.consumer !== null) continue;
      } else if (random.chance(0.4)) {
        machine.pause(random.between(50, random.pick([500, 3_000, 6_000])));
        continue;
      } else if (random.chance(0.5)) {
        this.crashes++;
        member.life++;
        member.consumer = null;
        machine.crash({ kind: "process" });
        await pause(env, random.between(10, random.pick([200, 3_000])));
        continue;
      }
      await this.#close(member);
      await pause(env, random.between(10, 1_000));
    }
    await this.#close(member);
  }

  #isDone({ groupId }: GroupPlan): boolean {
    if (!this.#isRead) return false;
    for (const [partition, end] of this.#ends)
      if (!this.model.isFinished(groupId, partition, end)) return false;
    return true;
  }

  async #until(isSo: () => boolean, forMs: number): Promise<void> {
    const { env } = this.#options;
    const untilMs = env.clock.monotonicMs() + forMs;
    while (!isSo() && env.clock.monotonicMs() < untilMs) await pause(env, 100);
  }

  #begin(member: Member): number {
    if (member.consumer !== null) return member.life;
    const life = ++member.life;
    const { group, machine, name, random } = member;
    const { bootstrap } = this.#options;
    const consumer: ConsumerClient = new ConsumerClient(machine.env, {
      ...{ bootstrap, clientId: name, groupId: group.groupId, offsetReset: "earliest" },
      groupProtocol: group.protocol,
      ...(group.protocol === "classic" ? { assignors: [group.assignor] } : {}),
      ...(group.isStatic ? { groupInstanceId: name } : {}),
      ...{ sessionTimeoutMs: group.sessionTimeoutMs, heartbeatIntervalMs: 300, rebalanceTimeoutMs: 3_000 },
      ...{ requestTimeoutMs: 2_000, apiTimeoutMs: 5_000, maxWaitMs: 200 },
      autoCommit: group.commits === "auto",
      autoCommitIntervalMs: random.pick([100, 500]),
      onAssigned: (places) => this.#assigned(member, consumer, places),
    });
    member.consumer = consumer;
    member.generation = -1;
    this.#read(member, consumer, life).catch((error: unknown) => {
      if (error instanceof RevokedError || member.life !== life) return;
      if (error instanceof Violation) this.#options.onViolation(error);
      else if (!isPatient(error)) this.#options.onWrong(`member ${name}`, error);
      member.life++;
      member.consumer = null;
      void consumer.close();
    });
    return life;
  }

  async #assigned(
    member: Member,
    consumer: ConsumerClient,
    places: readonly TopicPartition[],
  ): Promise<void> {
    this.rebalances++;
    const { group } = member;
    noteGeneration(member, consumer);
    if (group.commits !== "explicit" || places.length === 0) return;
    const begunAt = this.model.beginFetch();
    try {
      const found = await consumer.committed(places);
      for (const [at, { partition }] of places.entries())
        this.model.fetched({ groupId: group.groupId, partition, begunAt }, found[at]?.offset ?? -1);
    } catch (error) {
      if (error instanceof Violation) this.#options.onViolation(error);
      else if (!isPatient(error) && !(error instanceof RevokedError))
        this.#options.onWrong("what is committed", error);
    }
  }

  async #read(member: Member, consumer: ConsumerClient, life: number): Promise<void> {
    const { group, machine, random } = member;
    const { clock } = machine.env;
    await consumer.subscribe([groupedTopic]);
    for await (const record of consumer) {
      if (member.life !== life) return;
      this.#options.ledger.see(plain(record));
      if (random.chance(0.1))
        await new Promise<void>((resolve) => void clock.after(random.between(0, 30), resolve));
      this.model.finish(group.groupId, record.partition, record.offset);
      if (group.commits === "explicit" && random.chance(0.2)) await this.#commit(member, consumer, record);
    }
  }

  async #commit(
    member: Member,
    consumer: ConsumerClient,
    record: { partition: number; offset: number },
  ): Promise<void> {
    const { groupId } = member.group;
    const { partition } = record;
    const offset = record.offset + 1;
    noteGeneration(member, consumer);
    const generation = this.#options.groups.generationOf(groupId, consumer.groupMetadata().memberId);
    const attempt = this.model.begin(groupId, partition, offset);
    try {
      await consumer.commit([{ topic: groupedTopic, partition, offset }]);
    } catch (error) {
      if (isPatient(error) || isFenced(error)) return;
      throw error;
    }
    this.model.acknowledge(groupId, partition, attempt);
    // It may have joined anew before the commit left, and may have lost that generation again since.
    noteGeneration(member, consumer);
    if (member.consumer !== consumer) return;
    this.#options.groups.accepted(groupId, { own: member.generation, known: generation });
  }

  async #close(member: Member): Promise<void> {
    const { consumer, machine, name } = member;
    if (consumer === null || !machine.isUp) return;
    let isClosed = false;
    void consumer.close().then(() => {
      isClosed = true;
    });
    await this.#until(() => isClosed, closeWithinMs);
    member.life++;
    member.consumer = null;
    try {
      this.#options.checks.hold(
        "groups: a member leaves within a bounded time",
        isClosed,
        () => `${name} has not closed within ${closeWithinMs} ms`,
      );
    } catch (error) {
      this.#options.onViolation(error);
    }
  }
}

function noteGeneration(member: Member, consumer: ConsumerClient): void {
  if (member.consumer !== consumer) return;
  member.generation = Math.max(member.generation, consumer.groupMetadata().generationOrMemberEpoch);
}

function isFenced(error: unknown): boolean {
  return (error as { code?: string }).code === "COMMIT_FENCED";
}

function pause(env: ClientEnv, durationMs: number): Promise<void> {
  return new Promise((resolve) => void env.clock.after(durationMs, resolve));
}
