// core: one partition as a consumer reads it: where it stands, what is fetched and not yet read, and whether
// it may be fetched from. Keeps true: records come out in order of offset, each once, from the position on;
// what belongs to an older position (before a seek) is dropped.
import type { Codecs } from "../../base/ports/codecs.ts";
import { readControlRecord } from "../../proto/batch/control.ts";
import { batch as header } from "../../proto/batch/header.ts";
import { type ReadRecord, readRecords } from "../../proto/batch/read.ts";
import { verifyCrc, wholeBatchBytes } from "../../proto/batch/walk.ts";
import { BrokerError } from "../../proto/errors.ts";

/** A replica that the leader of an epoch named as nearer (KIP-392). */
export interface NearbyReplica {
  readonly nodeId: number;
  readonly leaderEpoch: number;
  readonly untilMs: number;
}

/** Records that came with one answer, unread from `at` on. */
interface Chunk {
  readonly bytes: Uint8Array;
  at: number;
  /** Aborted transactions by their first offset; only for readers of what is committed. */
  readonly aborted: { producerId: number; firstOffset: number }[];
  readonly abortedNow: Set<number>;
}

/** The records of one batch that are due, and where reading goes on after them. */
export interface ReadBatchView {
  readonly records: readonly ReadRecord[];
  readonly nextOffset: number;
  readonly leaderEpoch: number;
}

const seeksPerOwnershipMax = 2 ** 20;

export class PartitionReader {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next record to be read. */
  position: number;
  /** Leader epoch of the batch before the position; -1: not known. */
  positionEpoch: number;
  /** Offset to fetch from: after what is buffered. */
  fetchOffset: number;
  fetchEpoch: number;
  /** Reading stops here, exclusive; null: never. */
  end: number | null;
  isPaused = false;
  /** A runner of handlers has enough of it for now. The program's own pause is apart from it. */
  isFull = false;
  /** Nothing is handed out or fetched: the partition is on its way in or out (groups). */
  isHeld = false;
  /**
   * Whether something of it is being worked on: "held" by a loop or a runner that will come back, or "left"
   * by a loop that ended with it. Then only what is before `processed` counts as done.
   */
  inHand: "nothing" | "held" | "left" = "nothing";
  processed: number;
  /** A runner says what is done, batch by batch; `handedTo` is the end of what it was given. */
  isTracked = false;
  handedTo = -1;
  /** Tells one ownership of the partition from the next. */
  readonly ownership: number;
  /** Times the position was set since. */
  seeks = 0;
  /** Something about the position is being asked of the cluster; no fetches meanwhile. */
  isLookingUp = false;
  /** A fetch of this generation is under way. */
  isFetching = false;
  /** Changes when the position is set; answers to older fetches are dropped. */
  generation = 0;
  retryAtMs = 0;
  failures = 0;
  /** The leader epoch against which the position was checked (KIP-320); -1: not yet. */
  checkedEpoch = -1;
  highWatermark = -1;
  /** How far the broker last let anybody read: high watermark, or last stable offset. */
  readableEnd = -1;
  /** Answers without a record in a row, see empty-tail.ts. */
  emptyAnswers = 0;
  /** Somebody reads up to here, exclusive, and no further for now; null: nobody. */
  goal: number | null = null;
  /** Nothing can be handed out without a record of it: it is fetched however full the buffer is. */
  isAwaited = false;
  /** Where to fetch from instead of from the leader; null: from the leader. */
  nearby: NearbyReplica | null = null;
  /**
   * Since when, by the monotonic clock, leaders say that their log ends before the position; null: they
   * don't.
   */
  beyondEndSinceMs: number | null = null;
  bufferedBytes = 0;
  /** The topic whose offsets these are; null until the first fetch. */
  topicId: string | null = null;
  /** What stops this partition, until a seek. */
  failure: Error | null = null;
  readonly #chunks: Chunk[] = [];
  readonly #codecs: Codecs;
  readonly #checkCrcs: boolean;

  constructor(
    place: {
      topic: string;
      partition: number;
      offset: number;
      leaderEpoch: number;
      end: number | null;
      ownership?: number;
    },
    options: { codecs: Codecs; checkCrcs: boolean },
  ) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.position = place.offset;
    this.positionEpoch = place.leaderEpoch;
    this.fetchOffset = place.offset;
    this.fetchEpoch = place.leaderEpoch;
    this.end = place.end;
    this.processed = place.offset;
    this.ownership = place.ownership ?? 0;
    this.#codecs = options.codecs;
    this.#checkCrcs = options.checkCrcs;
  }

  /** Everything before it is done, as far as is known. */
  get doneTo(): number {
    return this.inHand === "nothing" ? this.position : this.processed;
  }

  /** What is handed out after another ownership or a seek has another token. */
  get token(): number {
    return this.ownership * seeksPerOwnershipMax + this.seeks;
  }

  /** To be called before the position moves past what is handed out. */
  handOut(nextOffset: number): void {
    if (this.inHand !== "held") this.processed = this.position;
    this.inHand = "held";
    this.handedTo = nextOffset;
  }

  /** Whoever had something of it in hand is done with that. */
  comeBack(): void {
    this.inHand = "nothing";
  }

  /** A runner is done with what is before the offset. */
  done(offset: number): void {
    this.processed = Math.max(this.processed, offset);
    if (this.processed >= this.handedTo) this.inHand = "nothing";
  }

  get isAtEnd(): boolean {
    return this.end !== null && this.position >= this.end;
  }

  /** Set the position; everything fetched is dropped. */
  seek(offset: number, leaderEpoch: number): void {
    this.generation++;
    this.seeks++;
    this.inHand = "nothing";
    this.processed = offset;
    this.position = offset;
    this.positionEpoch = leaderEpoch;
    this.fetchOffset = offset;
    this.fetchEpoch = leaderEpoch;
    this.checkedEpoch = -1;
    this.topicId = null;
    this.failure = null;
    this.failures = 0;
    this.beyondEndSinceMs = null;
    this.retryAtMs = 0;
    this.isFetching = false;
    this.isLookingUp = false;
    this.#drop();
  }

  /** Fetches again what was fetched and not read. */
  rewind(): void {
    this.generation++;
    this.fetchOffset = this.position;
    this.fetchEpoch = this.positionEpoch;
    this.isFetching = false;
    this.isLookingUp = false;
    this.#drop();
  }

  /** Takes in what an answer brought. Throws BrokerError when not one whole batch is in it. */
  buffer(bytes: Uint8Array, aborted: readonly { producerId: number; firstOffset: number }[]): void {
    let end = 0;
    let next = this.fetchOffset;
    let epoch = this.fetchEpoch;
    for (;;) {
      const byteLength = wholeBatchBytes(bytes, end);
      if (byteLength === 0) break;
      next = Math.max(next, header.nextOffset(bytes, end));
      epoch = header.leaderEpoch(bytes, end);
      end += byteLength;
    }
    if (end === 0) {
      const text = `read ${this.topic}-${this.partition} at ${this.fetchOffset}: no whole batch in`;
      throw new BrokerError("MESSAGE_TOO_LARGE", `${text} ${bytes.length} bytes; raise partitionBytes`);
    }
    const sorted = [...aborted].sort((one, other) => one.firstOffset - other.firstOffset);
    this.#chunks.push({ bytes: bytes.subarray(0, end), at: 0, aborted: sorted, abortedNow: new Set() });
    this.bufferedBytes += end;
    this.fetchOffset = next;
    this.fetchEpoch = epoch;
  }

  /**
   * The next batch that has records due; null when nothing is buffered. Moves the position past batches that
   * have none. Throws BrokerError CORRUPT_MESSAGE or ProtocolError; the position then stays before the batch.
   */
  nextBatch(): ReadBatchView | null {
    for (;;) {
      const chunk = this.#chunks[0];
      if (chunk === undefined || this.isAtEnd) return null;
      const { bytes, at } = chunk;
      const byteLength = wholeBatchBytes(bytes, at);
      const view = this.#open(chunk, at);
      chunk.at += byteLength;
      this.bufferedBytes -= byteLength;
      if (chunk.at >= bytes.length) this.#chunks.shift();
      if (view.records.length > 0) return view;
      this.position = Math.max(this.position, view.nextOffset);
      this.positionEpoch = view.leaderEpoch;
    }
  }

  #open(chunk: Chunk, at: number): ReadBatchView {
    const { bytes } = chunk;
    const leaderEpoch = header.leaderEpoch(bytes, at);
    const nextOffset = header.nextOffset(bytes, at);
    if (this.#checkCrcs && !verifyCrc(bytes, at, this.#codecs)) {
      const place = `${this.topic}-${this.partition} at offset ${header.baseOffset(bytes, at)}`;
      throw new BrokerError("CORRUPT_MESSAGE", `read ${place}: the checksum does not fit the bytes`);
    }
    if (!this.#isVisible(chunk, at) || nextOffset <= this.position) {
      return { records: [], nextOffset, leaderEpoch };
    }
    const { position } = this;
    const end = this.end ?? Number.POSITIVE_INFINITY;
    const all = readRecords(bytes, at, this.#codecs);
    const isWhole = all.length > 0 && all[0]!.offset >= position && all.at(-1)!.offset < end;
    const records = isWhole ? all : all.filter((item) => item.offset >= position && item.offset < end);
    return { records, nextOffset: Math.min(nextOffset, end), leaderEpoch };
  }

  /** Control batches, and with a list of aborted transactions what belongs to them, are not for readers. */
  #isVisible(chunk: Chunk, at: number): boolean {
    const { bytes, aborted, abortedNow } = chunk;
    const producerId = header.producerId(bytes, at);
    const lastOffset = header.lastOffset(bytes, at);
    while (aborted.length > 0 && aborted[0]!.firstOffset <= lastOffset) {
      abortedNow.add(aborted.shift()!.producerId);
    }
    if (header.isControl(bytes, at)) {
      const mark = readRecords(bytes, at, this.#codecs)[0];
      if (mark !== undefined && readControlRecord(mark).type === "abort") abortedNow.delete(producerId);
      return false;
    }
    return !(header.isTransactional(bytes, at) && abortedNow.has(producerId));
  }

  #drop(): void {
    this.#chunks.length = 0;
    this.bufferedBytes = 0;
  }
}
