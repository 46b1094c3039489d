// adapter: commits of many small groups over few connections to their coordinators: in a closed loop, with so
// many under way on each connection, in an open one at a rate, or of each group once.
import { setTimeout as sleep } from "node:timers/promises";
import { apis } from "../../proto/kafka/apis.ts";
import { agreeOnVersion } from "./ask.ts";
import { atRate } from "./at-rate.ts";
import { commitAnswerHeadBytes, commitVersions, makeCommitFrame, readCommitAnswer } from "./commit-frames.ts";
import { coordinatorsOf } from "./group-coordinators.ts";
import type { CommitLoad, LoadResult } from "./load-spec.ts";
import { Meter } from "./meter.ts";
import { RawConnection } from "./raw-connection.ts";

/** Commits without an answer in an open loop; past it the system does not keep up and the row fails. */
const openLoopMax = 50_000;
const eachOnceMs = 600_000;
/** A coordinator that loads its groups, or is not told yet that it is one, refuses for a moment. */
const refusedMs = 20;

interface Lane {
  connection: RawConnection;
  groups: readonly number[];
  next: number;
  /** Group and time of sending of each commit under way, oldest first. */
  underWay: { group: number; sentMs: number }[];
}

class CommitRun {
  readonly #spec: CommitLoad;
  readonly #meter: Meter;
  readonly #frames: Uint8Array[] = [];
  readonly #lanes: Lane[] = [];
  /** Every group commits once, again after a moment where it is refused. */
  #isOnce = true;
  #isStopped = false;
  #sent = 0;
  #done = 0;

  constructor(spec: CommitLoad) {
    this.#spec = spec;
    this.#meter = new Meter(spec.serverPids);
  }

  async run(): Promise<LoadResult> {
    const { warmupMs, measureMs, perSecond, isEachOnce } = this.#spec;
    await this.#prepare();
    // A coordinator may be new and not know it yet: each has answered before the clock starts.
    if (isEachOnce) this.#meter.begin();
    this.#fillLanes();
    await this.#eachDone();
    if (!isEachOnce) {
      this.#isOnce = false;
      for (const lane of this.#lanes) lane.next = 0;
      if (perSecond === null) this.#fillLanes();
      else void this.#sendAtRate(perSecond);
      await sleep(warmupMs);
      this.#meter.begin();
      await sleep(measureMs);
    }
    this.#meter.end();
    this.#isStopped = true;
    for (const { connection } of this.#lanes) connection.close();
    return this.#meter.result();
  }

  #fillLanes(): void {
    for (let n = 0; n < this.#spec.depth; n++) {
      for (const lane of this.#lanes) this.#send(lane, performance.now());
    }
  }

  async #prepare(): Promise<void> {
    const { bootstrap, topic, groups, groupPrefix, partitionsPerCommit, connections } = this.#spec;
    const version = await agreeOnVersion(bootstrap.split(",")[0]!, apis.OffsetCommit, commitVersions);
    const names = Array.from({ length: groups }, (_, group) => `${groupPrefix}-${group}`);
    for (const [group, groupId] of names.entries()) {
      const shape = { groupId, group, topic, partitions: partitionsPerCommit, version };
      this.#frames.push(makeCommitFrame(shape));
    }
    const coordinators = await coordinatorsOf(bootstrap, names);
    const addresses = [...new Set(coordinators)].sort();
    const each = Math.max(1, Math.floor(connections / addresses.length));
    for (const address of addresses) {
      const here = [...names.keys()].filter((group) => coordinators[group] === address);
      for (let n = 0; n < each; n++) {
        const own = here.filter((_, at) => at % each === n);
        if (own.length > 0) this.#lanes.push(await this.#openLane(address, own));
      }
    }
  }

  async #openLane(address: string, groups: readonly number[]): Promise<Lane> {
    const lane: Omit<Lane, "connection"> = { groups, next: 0, underWay: [] };
    const connection = await RawConnection.open({
      address,
      headBytes: commitAnswerHeadBytes(this.#spec.topic),
      onFrame: (head) => this.#answer(lane as Lane, head),
      onEnd: (reason) => this.#fail(`connection to ${address}: ${reason}`),
    });
    return Object.assign(lane, { connection });
  }

  #send(lane: Lane, sentMs: number): void {
    const group = lane.groups[lane.next];
    if (this.#isStopped || group === undefined) return;
    lane.next = this.#isOnce ? lane.next + 1 : (lane.next + 1) % lane.groups.length;
    this.#sent++;
    this.#sendOf(lane, group, sentMs);
  }

  #sendOf(lane: Lane, group: number, sentMs: number): void {
    if (this.#isStopped) return;
    lane.underWay.push({ group, sentMs });
    lane.connection.send(this.#frames[group]!);
  }

  #answer(lane: Lane, head: Uint8Array): void {
    const { group, errorCode } = readCommitAnswer(head);
    const asked = lane.underWay.shift();
    if (asked?.group !== group) {
      this.#fail(`an answer for group ${group} came where one for ${asked?.group} was due`);
      return;
    }
    if (errorCode !== 0 && this.#isOnce) {
      setTimeout(() => this.#sendOf(lane, group, asked.sentMs), refusedMs);
      return;
    }
    this.#done++;
    const now = performance.now();
    if (errorCode === 0) this.#meter.answered(now - asked.sentMs, this.#frames[group]!.length);
    else this.#meter.refused(errorCode);
    if (this.#isOnce || this.#spec.perSecond === null) this.#send(lane, now);
  }

  #sendAtRate(perSecond: number): Promise<void> {
    return atRate({
      perSecond,
      isStopped: () => this.#isStopped,
      run: (n, dueMs) => this.#send(this.#lanes[n % this.#lanes.length]!, dueMs),
      check: () => {
        if (this.#sent - this.#done > openLoopMax) this.#fail("the system does not keep up with the rate");
      },
    });
  }

  async #eachDone(): Promise<void> {
    const deadline = performance.now() + eachOnceMs;
    while (this.#done < this.#frames.length && !this.#isStopped) {
      if (performance.now() > deadline) this.#fail(`${this.#done} commits only within ${eachOnceMs} ms`);
      await sleep(5);
    }
  }

  #fail(reason: string): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#meter.failed(reason);
  }
}

export function runCommitLoad(spec: CommitLoad): Promise<LoadResult> {
  return new CommitRun(spec).run();
}
