// adapter: sends ready-made Produce requests over many connections to the leaders: in a closed loop (so many
// under way on each connection) or in an open one (at a rate, whatever the answers take).
import { setTimeout as sleep } from "node:timers/promises";
import { realCodecs } from "../../base/real/codecs.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { agreeOnVersion, leadersOf } from "./ask.ts";
import { atRate } from "./at-rate.ts";
import type { LoadResult, ProduceLoad } from "./load-spec.ts";
import { Meter } from "./meter.ts";
import {
  makeBatch,
  makeProduceFrame,
  produceAnswerHeadBytes,
  produceVersions,
  readProduceAnswer,
} from "./produce-frames.ts";
import { RawConnection } from "./raw-connection.ts";

/** Requests without an answer in an open loop; past it the system does not keep up and the row fails. */
const openLoopMax = 50_000;
const touchMs = 120_000;
const refusedMs = 5;

/** One connection and what it has under way; answers come in the order of the requests. */
interface Lane {
  connection: RawConnection;
  partitions: readonly number[];
  next: number;
  /** Partition and time of sending of each request under way, oldest first. */
  underWay: { partition: number; sentMs: number }[];
}

class ProduceRun {
  readonly #spec: ProduceLoad;
  readonly #meter: Meter;
  readonly #frames: Uint8Array[] = [];
  readonly #lanes: Lane[] = [];
  readonly #untouched = new Set<number>();
  #batchBytes = 0;
  #isStopped = false;
  #sent = 0;
  #done = 0;

  constructor(spec: ProduceLoad) {
    this.#spec = spec;
    this.#meter = new Meter(spec.serverPids);
  }

  async run(): Promise<LoadResult> {
    const spec = this.#spec;
    await this.#prepare();
    const began = performance.now();
    if (spec.requestsPerSecond === null) this.#fillLanes();
    else void this.#sendAtRate(spec.requestsPerSecond);
    if (spec.requestsMax !== null || spec.isEachOnce) {
      this.#meter.begin();
      const requests = spec.requestsMax ?? this.#frames.length;
      await this.#until(() => this.#done >= requests);
    } else {
      await this.#until(() => performance.now() - began >= spec.warmupMs && this.#untouched.size === 0);
      this.#meter.begin();
      await sleep(spec.measureMs);
    }
    this.#meter.end();
    this.#isStopped = true;
    for (const { connection } of this.#lanes) connection.close();
    return this.#meter.result();
  }

  async #prepare(): Promise<void> {
    const { bootstrap, topic, acks, recordsPerBatch, valueBytes } = this.#spec;
    const version = await agreeOnVersion(bootstrap.split(",")[0]!, apis.Produce, produceVersions);
    const leaders = await leadersOf(bootstrap, topic);
    const batch = makeBatch({ records: recordsPerBatch, valueBytes }, realCodecs, Date.now());
    this.#batchBytes = batch.length;
    for (const partition of leaders.keys()) {
      this.#frames.push(makeProduceFrame({ topic, partition, acks, version, batch }));
      this.#untouched.add(partition);
    }
    const addresses = [...new Set(leaders)].sort();
    const count = Math.max(this.#spec.connections, addresses.length);
    for (let n = 0; n < count; n++) {
      const address = addresses[n % addresses.length]!;
      const led = [...leaders.keys()].filter((partition) => leaders[partition] === address);
      const turn = Math.floor(n / addresses.length);
      const perAddress = Math.floor((count - 1 - (n % addresses.length)) / addresses.length) + 1;
      const [next, end] = [turn, turn + 1].map((at) => Math.floor((at * led.length) / perAddress));
      const { isEachOnce } = this.#spec;
      const partitions = isEachOnce ? led.slice(next, end) : led;
      if (partitions.length > 0) {
        this.#lanes.push(await this.#openLane(address, partitions, isEachOnce ? 0 : next!));
      }
    }
  }

  async #openLane(address: string, partitions: readonly number[], next: number): Promise<Lane> {
    const lane: Omit<Lane, "connection"> = { partitions, next, underWay: [] };
    const connection = await RawConnection.open({
      address,
      headBytes: produceAnswerHeadBytes(this.#spec.topic),
      onFrame: (head) => this.#answer(lane as Lane, head),
      onEnd: (reason) => this.#fail(`connection to ${address}: ${reason}`),
    });
    return Object.assign(lane, { connection });
  }

  #fillLanes(): void {
    for (let n = 0; n < this.#spec.depth; n++) {
      for (const lane of this.#lanes) this.#send(lane, performance.now());
    }
  }

  #send(lane: Lane, sentMs: number): void {
    const { requestsMax, isEachOnce } = this.#spec;
    if (this.#isStopped || (requestsMax !== null && this.#sent >= requestsMax)) return;
    const partition = lane.partitions[lane.next];
    // Each once: this connection has written all of its partitions.
    if (partition === undefined) return;
    lane.next = isEachOnce ? lane.next + 1 : (lane.next + 1) % lane.partitions.length;
    this.#sent++;
    this.#sendTo(lane, partition, sentMs);
  }

  #sendTo(lane: Lane, partition: number, sentMs: number): void {
    if (this.#isStopped) return;
    lane.underWay.push({ partition, sentMs });
    lane.connection.send(this.#frames[partition]!);
  }

  #answer(lane: Lane, head: Uint8Array): void {
    const { correlationId, partition, errorCode } = readProduceAnswer(head);
    const asked = lane.underWay.shift();
    if (asked === undefined || asked.partition !== correlationId || asked.partition !== partition) {
      this.#fail(`an answer for partition ${partition} came where ${asked?.partition} was asked for`);
      return;
    }
    if (errorCode !== 0 && this.#spec.isEachOnce) {
      // A leader that everybody knows of may not know it yet itself; a client tries again then.
      setTimeout(() => this.#sendTo(lane, partition, asked.sentMs), refusedMs);
      return;
    }
    this.#done++;
    const now = performance.now();
    if (errorCode === 0) {
      this.#untouched.delete(partition);
      this.#meter.answered(now - asked.sentMs, this.#batchBytes);
    } else {
      this.#meter.refused(errorCode);
    }
    if (this.#spec.requestsPerSecond === null) this.#send(lane, now);
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

  #fail(reason: string): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#meter.failed(reason);
  }

  async #until(isSo: () => boolean): Promise<void> {
    const deadline = performance.now() + touchMs + this.#spec.warmupMs;
    while (!isSo() && !this.#isStopped) {
      if (performance.now() > deadline) this.#fail(`${this.#untouched.size} partitions were never written`);
      await sleep(5);
    }
  }
}

export function runProduceLoad(spec: ProduceLoad): Promise<LoadResult> {
  return new ProduceRun(spec).run();
}
