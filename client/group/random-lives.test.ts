// test: groups under random cuts, refusals, silences, moving coordinators, members that come and go, and slow
// work: nothing is committed that was not processed before, every record is processed in the end, and while
// nobody is put out no partition is read by two at once.
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type { FakeRequest, Fault } from "../../test/fakes/fake-cluster.ts";
import { GroupStage, type Protocol, type Reading } from "../../test/fakes/group-stage.ts";
import type { AssignorName } from "./assignors/known-assignors.ts";

const partitions = 4;
const groupApis = [
  "JoinGroup",
  "SyncGroup",
  "Heartbeat",
  "ConsumerGroupHeartbeat",
  "OffsetCommit",
  "OffsetFetch",
];
const codes = [
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.REBALANCE_IN_PROGRESS,
];

class Lives {
  readonly stage: GroupStage;
  readonly random: SeededRandom;
  readonly assignors: readonly AssignorName[] | null;
  /** By partition, the offsets whose work is done. */
  readonly done = Array.from({ length: partitions }, () => new Set<number>());
  readonly holders = new Map<number, Set<number>>();
  readonly wrongs: string[] = [];
  readonly alive: Reading[] = [];
  isFaulty = true;
  #made = 0;

  constructor(protocol: Protocol, seed: number) {
    this.random = new SeededRandom(seed).fork("lives");
    this.stage = new GroupStage(protocol, { seed, brokers: 3, partitions });
    const choices = [["range"], ["cooperativeSticky"], ["sticky"], null] as const;
    this.assignors = protocol === "classic" ? choices[seed % choices.length]! : null;
    const rate = this.random.float() * 0.15;
    this.stage.cluster.fault = (request) =>
      this.isFaulty && this.random.float() < rate ? this.#fault(request) : null;
    this.stage.groups.onCommit = ({ partition, offset }) => {
      for (let at = 0; at < offset; at++) {
        if (!this.done[partition]!.has(at))
          this.wrongs.push(`${partition} ${offset} committed before ${at} was done`);
      }
    };
  }

  #fault({ api }: FakeRequest): Fault | null {
    const draw = this.random.uint32() % 6;
    if (draw === 0) return { kind: "cutBefore" };
    if (draw === 1) return { kind: "cutAfter" };
    if (draw === 2) return { kind: "delay", ms: this.random.uint32() % 400 };
    if (draw === 3) return { kind: "silence", carriedOut: this.random.float() < 0.5 };
    const errorCode = codes[this.random.uint32() % codes.length]!;
    const isWhole = groupApis.slice(0, 4).includes(api);
    return isWhole ? { kind: "answer", body: { errorCode } } : null;
  }

  get putOut(): number {
    const groups = [this.stage.groups.classic.get("g"), this.stage.groups.modern.get("g")];
    return groups.reduce((sum, group) => sum + (group?.putOut ?? 0), 0);
  }

  start(): void {
    const id = this.#made++;
    const { clock } = this.stage.cluster.client;
    const hold = (places: readonly { partition: number }[], isHeld: boolean): void => {
      for (const { partition } of places) {
        const holders = this.holders.get(partition) ?? new Set();
        this.holders.set(partition, holders);
        if (isHeld) holders.add(id);
        else holders.delete(id);
        if (holders.size > 1 && this.putOut === 0)
          this.wrongs.push(`${partition} held by ${[...holders].join()}`);
      }
    };
    const reading = this.stage.read({
      requestTimeoutMs: 1_000,
      assignors: this.assignors,
      onAssigned: (places) => hold(places, true),
      onRevoked: (places) => hold(places, false),
      onLost: (places) => hold(places, false),
      work: async (text) => {
        const [, partition, offset] = text.split(" ");
        const delayMs = this.random.uint32() % 60;
        if (delayMs > 20) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
        this.done[Number(partition)]!.add(Number(offset));
      },
    });
    this.alive.push(reading);
  }

  async act(): Promise<void> {
    const draw = this.random.uint32() % 10;
    const { stage } = this;
    if (draw < 5) stage.write("t", this.random.uint32() % partitions, 1 + (this.random.uint32() % 4));
    else if (draw < 7 && this.alive.length < 4) this.start();
    else if (draw === 7 && this.alive.length > 1) {
      const [gone] = this.alive.splice(this.random.uint32() % this.alive.length, 1);
      const closing = gone!.consumer.close();
      if (this.random.float() < 0.5) await stage.world.run(closing);
    } else if (draw === 8) stage.groups.coordinator = 1 + (this.random.uint32() % 3);
    else if (draw === 9) stage.cluster.cutAll(1 + (this.random.uint32() % 3));
    await stage.world.runFor(this.random.uint32() % 800);
  }

  get isAllDone(): boolean {
    return this.done.every((set, partition) => set.size === this.stage.cluster.log("t", partition).endOffset);
  }

  async live(): Promise<void> {
    this.start();
    for (let step = 0; step < 60; step++) await this.act();
    this.isFaulty = false;
    const failures = this.alive.map(({ ended }) =>
      ended.then((error) => error && this.wrongs.push(String(error))),
    );
    await this.stage.until(() => this.isAllDone && this.stage.isDivided(this.alive), 60_000);
    // Members that are left over from lost answers go first.
    await this.stage.world.runFor(6_000);
    const { putOut } = this;
    await this.stage.world.runFor(6_000);
    if (this.putOut !== putOut) this.wrongs.push("somebody is put out though nothing fails");
    await this.stage.close();
    await this.stage.world.run(Promise.all(failures));
    for (let partition = 0; partition < partitions; partition++) {
      const end = this.stage.cluster.log("t", partition).endOffset;
      const committed = this.stage.groups.committed("g", "t", partition);
      if (end > 0 && committed !== end)
        this.wrongs.push(`${partition} is committed to ${committed} of ${end}`);
    }
  }
}

describe.each(["classic", "consumer"] as const)("random lives by the %s protocol", (protocol) => {
  const first = Number(process.env.GROUP_SEED ?? 1);
  const count = Number(process.env.GROUP_SEEDS ?? 6);
  it.each(Array.from({ length: count }, (_, at) => first + at))("seed %i", async (seed) => {
    const lives = new Lives(protocol, seed);
    await lives.live();
    expect(lives.wrongs).toEqual([]);
  });
});
