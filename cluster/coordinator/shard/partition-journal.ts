// shell: a partition as the journal of a state machine, for the length of one leadership: what is in it is
// read first, up to what was its end when the leadership began; then the machine leads, and every record it
// appends comes back to it once the high watermark has passed it.
//
// Keeps true: entries come in the order of their offsets, each once; nothing above the high watermark is ever
// told. A partition that can be read no more, or is led by somebody else, ends it for good: the shard is then
// dropped, and whoever leads next begins anew from the log.
import type { Clock } from "../../../base/ports/clock.ts";
import type { Codecs } from "../../../base/ports/codecs.ts";
import { type Deferred, deferred } from "../../../base/waits.ts";
import { buildBatch } from "../../../proto/batch/build.ts";
import { type ReadBatch, readBatches } from "../../../proto/batch/read.ts";
import { BrokerError, ProtocolError } from "../../../proto/errors.ts";
import type { AppendResult, Journal, JournalEntry, JournalEvents } from "../../machine/journal.ts";
import { packRecord, unpackRecord } from "../state/packed-record.ts";
import type { LoadFacts, ShardLog } from "./shard-log.ts";

/** Read in one go while loading, some 10 ms of work; other work of the process comes in between. */
const loadBytesPerTurn = 256 * 1024;

export interface PartitionJournalOptions {
  readonly log: ShardLog;
  readonly clock: Clock;
  readonly codecs: Codecs;
  /** All that was there has been told, and the machine leads. */
  onLoaded(facts: LoadFacts): void;
  /** It is over, for a reason that people may read. */
  onEnded(reason: string): void;
}

interface Pending {
  readonly entries: readonly JournalEntry[];
  readonly end: number;
  readonly committed: Deferred<void>;
}

export class PartitionJournal implements Journal {
  readonly #options: PartitionJournalOptions;
  readonly #log: ShardLog;
  readonly #beganMs: number;
  /** End of the log when the leadership began: it leads once all of that has been told. */
  readonly #loadEnd: number;
  #events: JournalEvents | null = null;
  #state: "loading" | "leading" | "ended" = "loading";
  #position: number;
  #records = 0;
  #bytes = 0;
  #pending: Pending[] = [];
  #stopWatching: () => void = () => {};
  #isLooking = false;

  constructor(options: PartitionJournalOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#beganMs = options.clock.monotonicMs();
    this.#loadEnd = options.log.end;
    this.#position = options.log.startOffset;
  }

  /** Begins to load; events come from now on, none within this call. */
  start(events: JournalEvents): void {
    this.#events = events;
    this.#stopWatching = this.#log.watch(() => this.#look());
    this.#lookSoon();
  }

  /** Ends it without a word to `onEnded`. */
  stop(): void {
    this.#end("it is being stopped", () => {});
  }

  append(records: readonly Uint8Array[], options: { epoch: number; timestamp: number }): AppendResult {
    const { epoch, timestamp } = options;
    const { codecs } = this.#options;
    if (this.#state !== "leading" || epoch !== this.#log.leaderEpoch || !this.#log.isLed)
      throw new BrokerError("NOT_LEADER_OR_FOLLOWER", `${this.#log.name} is led by another broker`);
    const batch = buildBatch({
      records: records.map((bytes) => ({ ...unpackRecord(bytes), timestamp })),
      codecs,
    });
    const { baseOffset, end } = this.#log.append(batch);
    const entries = records.map((value, at) => ({
      envelope: { offset: baseOffset + at, epoch, timestamp },
      value,
    }));
    const pending = { entries, end, committed: deferred<void>() };
    this.#pending.push(pending);
    // With one replica it may be committed already, and nothing else would move the high watermark.
    this.#lookSoon();
    return { baseOffset, committed: pending.committed.promise };
  }

  #lookSoon(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#options.clock.endOfTurn(() => {
      this.#isLooking = false;
      this.#look();
    });
  }

  #look(): void {
    if (this.#state === "ended") return;
    if (!this.#log.isLed) {
      this.#end("another broker leads the partition", this.#options.onEnded);
      return;
    }
    try {
      if (this.#state === "loading") this.#load();
      else this.#tellCommitted();
    } catch (error) {
      if (!(error instanceof BrokerError || error instanceof ProtocolError)) throw error;
      this.#end(`its log cannot be read: ${error.message}`, this.#options.onEnded);
    }
  }

  #load(): void {
    const bytes = this.#log.read(this.#position, loadBytesPerTurn);
    if (bytes.length > 0) {
      this.#events?.onCommitted(this.#entriesOf(bytes));
      this.#bytes += bytes.length;
    }
    // Told while loading ended, it may have been stopped.
    if (this.#state !== "loading") return;
    // At the end of a compacted log there may be offsets without records.
    const isAtGap = bytes.length === 0 && this.#log.highWatermark >= this.#loadEnd;
    if (this.#position >= this.#loadEnd || isAtGap) this.#lead();
    // At the high watermark it waits to be told that it moved.
    else if (bytes.length > 0) this.#lookSoon();
  }

  #entriesOf(bytes: Uint8Array): JournalEntry[] {
    const entries: JournalEntry[] = [];
    for (const batch of readBatches(bytes, this.#options.codecs)) {
      if (batch.nextOffset > this.#position) this.#take(batch, entries);
    }
    this.#records += entries.length;
    return entries;
  }

  #take(batch: ReadBatch, into: JournalEntry[]): void {
    const { leaderEpoch: epoch, isControl, records, nextOffset } = batch;
    for (const { offset, timestamp, key, value } of records) {
      if (isControl || key === null || offset < this.#position) continue;
      into.push({ envelope: { offset, epoch, timestamp }, value: packRecord({ key, value }) });
    }
    this.#position = nextOffset;
  }

  #lead(): void {
    const { clock, onLoaded } = this.#options;
    this.#state = "leading";
    this.#events?.onLeading(this.#log.leaderEpoch);
    onLoaded({
      records: this.#records,
      bytes: this.#bytes,
      tookMs: clock.monotonicMs() - this.#beganMs,
    });
  }

  #tellCommitted(): void {
    const { highWatermark } = this.#log;
    let count = 0;
    while (count < this.#pending.length && this.#pending[count]!.end <= highWatermark) count++;
    if (count === 0) return;
    const done = this.#pending.splice(0, count);
    this.#events?.onCommitted(done.flatMap(({ entries }) => entries));
    for (const { committed } of done) committed.resolve();
  }

  #end(reason: string, tell: (reason: string) => void): void {
    if (this.#state === "ended") return;
    const wasLeading = this.#state === "leading";
    this.#state = "ended";
    this.#stopWatching();
    const pending = this.#pending;
    this.#pending = [];
    if (wasLeading) this.#events?.onNotLeading();
    for (const { committed } of pending) {
      committed.promise.catch(() => {});
      committed.reject(new BrokerError("NOT_LEADER_OR_FOLLOWER", `${this.#log.name}: ${reason}`));
    }
    tell(reason);
  }
}
