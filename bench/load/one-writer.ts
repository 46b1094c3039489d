// adapter: writes one record after the other with acks=all to one partition, each once the one before is
// acknowledged, and knows the longest time without an acknowledgement. Bare, so that what it waits for is the
// system and not a client's back-off: it sends again only when the connection ended or the leader refused,
// and asks all brokers for the leader every few milliseconds until there is a new one.
import { setTimeout as sleep } from "node:timers/promises";
import { realCodecs } from "../../base/real/codecs.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { Gaps } from "../measure/gaps.ts";
import { type PartitionNow, PartitionWatch } from "./partition-watch.ts";
import { makeBatch, makeProduceFrame, produceVersions, readProduceAnswer } from "./produce-frames.ts";
import { Wire } from "./wire.ts";

const retryMs = 5;
/** So long only a newer leader will do; then the connection may have ended for another reason. */
const onlyNewerMs = 1_000;
const valueBytes = 100;

export class OneWriter {
  readonly gaps = new Gaps(performance.now());
  readonly #watch: PartitionWatch;
  readonly #frame: Uint8Array;
  readonly #running: Promise<void>;
  #wire: Wire | null = null;
  /** Who led when it was last asked, and until when only a newer one will do. */
  #leader: PartitionNow | null = null;
  #onlyNewerUntilMs = 0;
  #isStopped = false;

  constructor(bootstrap: string, topic: string) {
    const batch = makeBatch({ records: 1, valueBytes }, realCodecs, Date.now());
    const version = produceVersions.min;
    this.#frame = makeProduceFrame({ topic, partition: 0, acks: -1, version, batch });
    this.#watch = new PartitionWatch(bootstrap, topic);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wire?.close();
    await this.#running;
    this.#watch.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#writeOne();
      } catch {
        this.#wire?.close();
        this.#wire = null;
        this.#onlyNewerUntilMs = performance.now() + onlyNewerMs;
      }
    }
  }

  async #writeOne(): Promise<void> {
    this.#wire ??= await this.#connect();
    if (this.#wire === null) return;
    const { errorCode } = readProduceAnswer(await this.#wire.exchange(this.#frame));
    if (errorCode === 0) this.gaps.acknowledge(performance.now());
    else if (errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER) throw new Error("it does not lead");
    else await sleep(retryMs);
  }

  async #connect(): Promise<Wire | null> {
    const found = await this.#watch.look(
      ({ leaderEpoch }) =>
        performance.now() > this.#onlyNewerUntilMs || leaderEpoch > (this.#leader?.leaderEpoch ?? -1),
    );
    if (found === null) {
      await sleep(retryMs);
      return null;
    }
    this.#leader = found;
    return await Wire.open(found.leaderAddress, onlyNewerMs);
  }
}
