// test: the log of one partition of the fake cluster. Checks producers' sequence numbers as Kafka does (5
// batches remembered, epochs), so that a client that retries wrongly is caught.
import type { Codecs } from "../../base/ports/codecs.ts";
import { batch } from "../../proto/batch/header.ts";
import { type ReadRecord, readBatches } from "../../proto/batch/read.ts";
import { verifyCrc } from "../../proto/batch/walk.ts";
import { ErrorCode } from "../../proto/errors.ts";

interface ProducerState {
  epoch: number;
  nextSequence: number;
  /** The last five. */
  batches: { first: number; last: number; baseOffset: number }[];
}

export interface AppendResult {
  errorCode: number;
  baseOffset: number;
}

const sequences = 2 ** 31;

export class FakeLog {
  leader: number;
  leaderEpoch = 0;
  startOffset = 0;
  endOffset = 0;
  /** Epoch and the offset at which it began, oldest first. */
  epochs: { epoch: number; startOffset: number }[] = [{ epoch: 0, startOffset: 0 }];
  aborted: { producerId: number; firstOffset: number }[] = [];
  duplicates = 0;
  #entries: { baseOffset: number; nextOffset: number; bytes: Uint8Array }[] = [];
  #producers = new Map<number, ProducerState>();
  readonly #codecs: Codecs;

  constructor(leader: number, codecs: Codecs) {
    this.leader = leader;
    this.#codecs = codecs;
  }

  /** A new leader with a new epoch. */
  moveTo(leader: number): void {
    this.leader = leader;
    this.leaderEpoch++;
    this.epochs.push({ epoch: this.leaderEpoch, startOffset: this.endOffset });
  }

  /** What producers wrote is forgotten, as after long idleness. */
  forgetProducers(): void {
    this.#producers.clear();
  }

  /** Loses the records from `offset` on, as an unclean election does; a new leader epoch begins. */
  truncateTo(offset: number, leader: number): void {
    this.#entries = this.#entries.filter((entry) => entry.nextOffset <= offset);
    this.endOffset = this.#entries.at(-1)?.nextOffset ?? this.startOffset;
    this.epochs = this.epochs.filter(
      (entry) => entry.startOffset < this.endOffset || entry.startOffset === 0,
    );
    this.moveTo(leader);
  }

  /** Records before `offset` are gone, by retention. */
  trimTo(offset: number): void {
    this.#entries = this.#entries.filter((entry) => entry.nextOffset > offset);
    this.startOffset = offset;
  }

  append(given: Uint8Array): AppendResult {
    if (!verifyCrc(given, 0, this.#codecs)) return { errorCode: ErrorCode.CORRUPT_MESSAGE, baseOffset: -1 };
    const known = this.#checkSequence(given);
    if (known !== null) return known;
    const bytes = Uint8Array.from(given);
    batch.setBaseOffset(bytes, 0, this.endOffset);
    batch.setLeaderEpoch(bytes, 0, this.leaderEpoch);
    const nextOffset = batch.nextOffset(bytes, 0);
    const baseOffset = this.endOffset;
    this.#entries.push({ baseOffset, nextOffset, bytes });
    this.endOffset = nextOffset;
    this.#remember(given, baseOffset);
    return { errorCode: ErrorCode.NONE, baseOffset };
  }

  /** Whole batches from the one that holds `offset` on; at least one, then up to `bytesMax`. */
  read(offset: number, bytesMax: number): Uint8Array {
    const found: Uint8Array[] = [];
    let size = 0;
    for (const entry of this.#entries) {
      if (entry.nextOffset <= offset) continue;
      if (found.length > 0 && size + entry.bytes.length > bytesMax) break;
      found.push(entry.bytes);
      size += entry.bytes.length;
    }
    return Buffer.concat(found);
  }

  records(): ReadRecord[] {
    return this.#entries.flatMap((entry) =>
      [...readBatches(entry.bytes, this.#codecs)].flatMap((item) =>
        item.isControl ? [] : [...item.records],
      ),
    );
  }

  offsetOf(timestamp: number): { offset: number; timestamp: number } {
    if (timestamp === -1) return { offset: this.endOffset, timestamp: -1 };
    if (timestamp === -2) return { offset: this.startOffset, timestamp: -1 };
    const found = this.records().find((record) => record.timestamp >= timestamp);
    return found === undefined
      ? { offset: -1, timestamp: -1 }
      : { offset: found.offset, timestamp: found.timestamp };
  }

  /** The largest epoch up to the one asked for, and where it ended. */
  endOfEpoch(epoch: number): { leaderEpoch: number; endOffset: number } {
    const at = this.epochs.findLastIndex((entry) => entry.epoch <= epoch);
    if (at < 0) return { leaderEpoch: -1, endOffset: -1 };
    const endOffset = this.epochs[at + 1]?.startOffset ?? this.endOffset;
    return { leaderEpoch: this.epochs[at]!.epoch, endOffset };
  }

  #checkSequence(bytes: Uint8Array): AppendResult | null {
    const producerId = batch.producerId(bytes, 0);
    if (producerId < 0 || batch.isControl(bytes, 0)) return null;
    const state = this.#producers.get(producerId);
    const epoch = batch.producerEpoch(bytes, 0);
    const first = batch.baseSequence(bytes, 0);
    const last = (first + batch.recordCount(bytes, 0) - 1) % sequences;
    if (state === undefined) return null;
    if (epoch < state.epoch) return { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, baseOffset: -1 };
    if (epoch > state.epoch) {
      const isFirst = first === 0;
      return isFirst ? null : { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 };
    }
    const twin = state.batches.find((item) => item.first === first && item.last === last);
    if (twin !== undefined) {
      this.duplicates++;
      return { errorCode: ErrorCode.NONE, baseOffset: twin.baseOffset };
    }
    if (first === state.nextSequence) return null;
    return { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 };
  }

  #remember(bytes: Uint8Array, baseOffset: number): void {
    const producerId = batch.producerId(bytes, 0);
    if (producerId < 0 || batch.isControl(bytes, 0)) return;
    const epoch = batch.producerEpoch(bytes, 0);
    const first = batch.baseSequence(bytes, 0);
    const count = batch.recordCount(bytes, 0);
    const before = this.#producers.get(producerId);
    const kept = before !== undefined && before.epoch === epoch ? before.batches.slice(-4) : [];
    const batches = [...kept, { first, last: (first + count - 1) % sequences, baseOffset }];
    this.#producers.set(producerId, { epoch, nextSequence: (first + count) % sequences, batches });
  }
}
