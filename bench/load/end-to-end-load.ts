// adapter: records one by one at a fixed rate, each batch one record, and a consumer of each partition that
// waits for them: from the intended send until the answer that holds the record has come whole.
import { setTimeout as sleep } from "node:timers/promises";
import { realCodecs } from "../../base/real/codecs.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { agreeOnVersion, leadersOf } from "./ask.ts";
import { atRate } from "./at-rate.ts";
import {
  fetchAnswerHeadBytes,
  fetchVersions,
  makeFetchFrame,
  readFetchAnswer,
  setFetchOffset,
} from "./fetch-frames.ts";
import type { EndToEndLoad, LoadResult } from "./load-spec.ts";
import { Meter } from "./meter.ts";
import {
  makeBatch,
  makeProduceFrame,
  produceAnswerHeadBytes,
  produceVersions,
  readProduceAnswer,
} from "./produce-frames.ts";
import { RawConnection } from "./raw-connection.ts";

const bytesMax = 2 ** 20;
/** Records under way; past it the system does not keep up and the row fails. */
const underWayMax = 50_000;

/** One partition: a connection that writes, one that reads, and when each record was to be sent. */
interface Lane {
  produce: RawConnection;
  frame: Uint8Array;
  /** Of the records that were not read yet, oldest first. */
  dueMs: number[];
}

class EndToEndRun {
  readonly #spec: EndToEndLoad;
  readonly #meter: Meter;
  readonly #lanes: Lane[] = [];
  readonly #connections: RawConnection[] = [];
  #batchBytes = 0;
  #underWay = 0;
  #isStopped = false;

  constructor(spec: EndToEndLoad) {
    this.#spec = spec;
    this.#meter = new Meter(spec.serverPids);
  }

  async run(): Promise<LoadResult> {
    const { warmupMs, measureMs } = this.#spec;
    await this.#prepare();
    const sending = this.#sendAtRate();
    await sleep(warmupMs);
    this.#meter.begin();
    await sleep(measureMs);
    this.#meter.end();
    this.#isStopped = true;
    await sending;
    for (const connection of this.#connections) connection.close();
    return this.#meter.result();
  }

  async #prepare(): Promise<void> {
    const { bootstrap, topic, acks, valueBytes } = this.#spec;
    const first = bootstrap.split(",")[0]!;
    const version = await agreeOnVersion(first, apis.Produce, produceVersions);
    await agreeOnVersion(first, apis.Fetch, fetchVersions);
    const batch = makeBatch({ records: 1, valueBytes }, realCodecs, Date.now());
    this.#batchBytes = batch.length;
    for (const [partition, address] of (await leadersOf(bootstrap, topic)).entries()) {
      const frame = makeProduceFrame({ topic, partition, acks, version, batch });
      const lane: Lane = { produce: await this.#openProducer(address), frame, dueMs: [] };
      this.#lanes.push(lane);
      await this.#openConsumer(address, partition, lane);
    }
  }

  async #openProducer(address: string): Promise<RawConnection> {
    const connection = await RawConnection.open({
      address,
      headBytes: produceAnswerHeadBytes(this.#spec.topic),
      onFrame: (head) => {
        const { errorCode } = readProduceAnswer(head);
        // What was not written would be waited for in vain, and every record after it be taken for another.
        if (errorCode !== 0) this.#fail(`a record was refused with error ${errorCode}`);
      },
      onEnd: (reason) => this.#fail(`connection to ${address}: ${reason}`),
    });
    this.#connections.push(connection);
    return connection;
  }

  async #openConsumer(address: string, partition: number, lane: Lane): Promise<void> {
    const { topic } = this.#spec;
    const request = makeFetchFrame({ topic, partition, bytesMax });
    let offset = 0;
    const ask = (): void => {
      setFetchOffset(request, offset);
      connection.send(request.bytes);
    };
    const connection = await RawConnection.open({
      address,
      headBytes: fetchAnswerHeadBytes(topic),
      onFrame: (head) => {
        const nowMs = performance.now();
        const { errorCode, recordsBytes } = readFetchAnswer(head);
        const records = Math.floor(recordsBytes / this.#batchBytes);
        if (errorCode !== 0) this.#meter.refused(errorCode);
        for (const dueMs of lane.dueMs.splice(0, records)) {
          this.#meter.answered(nowMs - dueMs, this.#batchBytes);
        }
        this.#underWay -= records;
        offset += records;
        if (!this.#isStopped) ask();
      },
      onEnd: (reason) => this.#fail(`connection to ${address}: ${reason}`),
    });
    this.#connections.push(connection);
    ask();
  }

  #sendAtRate(): Promise<void> {
    return atRate({
      perSecond: this.#spec.recordsPerSecond,
      isStopped: () => this.#isStopped,
      run: (n, dueMs) => {
        const lane = this.#lanes[n % this.#lanes.length]!;
        lane.dueMs.push(dueMs);
        this.#underWay++;
        lane.produce.send(lane.frame);
      },
      check: () => {
        if (this.#underWay > underWayMax) this.#fail("the system does not keep up with the rate");
      },
    });
  }

  #fail(reason: string): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#meter.failed(reason);
  }
}

export function runEndToEndLoad(spec: EndToEndLoad): Promise<LoadResult> {
  return new EndToEndRun(spec).run();
}
