// shell: what one follower's stream has yet to get of one partition: where sending stands, and which high
// watermark and log start were told. Sending runs ahead of what the follower reported, within the stream's
// credit; only a new round moves it back.
import { assert } from "../../base/assert.ts";
import type { Uuid } from "../../base/uuid.ts";
import { batch } from "../../proto/batch/header.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { PullPart } from "../../proto/peer/peer-api.ts";
import type { LeaderRole } from "./leader-role.ts";
import type { ReadRoom } from "./read-room.ts";

export const noRecords: Uint8Array = new Uint8Array(0);

/** A part that carries no records: an error, a divergence, or only watermarks. */
export function emptyPart(options: {
  topicId: Uuid;
  partition: number;
  leaderEpoch: number;
  round: number;
  errorCode: number;
  readOffset: number;
  highWatermark: number;
  logStartOffset: number;
}): PullPart {
  return { ...options, divergingEpoch: -1, divergingEnd: -1, records: noRecords };
}

/** Where the last of these whole batches ends. */
export function endOfBatches(records: Uint8Array, from: number): number {
  let end = from;
  for (let at = 0; at < records.length; at += batch.byteLength(records, at)) {
    end = batch.nextOffset(records, at);
  }
  return end;
}

export class PullOutlet {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly round: number;
  /** The log directory of the follower's log in this round. */
  readonly directoryId: string;
  readonly role: LeaderRole;
  /** Says that there may be something to send, and how many bytes were appended just now. */
  readonly wake: (appendedBytes: number) => void;
  readonly #onEnded: () => void;
  #nextToSend: number;
  #toldHighWatermark = -1;
  #toldLogStart = -1;

  constructor(options: {
    topicId: Uuid;
    partition: number;
    round: number;
    directoryId: string;
    role: LeaderRole;
    readOffset: number;
    wake: (outlet: PullOutlet, appendedBytes: number) => void;
    ended: (outlet: PullOutlet) => void;
  }) {
    this.topicId = options.topicId;
    this.partition = options.partition;
    this.round = options.round;
    this.directoryId = options.directoryId;
    this.role = options.role;
    this.#nextToSend = options.readOffset;
    this.wake = (appendedBytes) => options.wake(this, appendedBytes);
    this.#onEnded = () => options.ended(this);
    this.role.attach(this);
  }

  get nextToSend(): number {
    return this.#nextToSend;
  }

  get hasRecords(): boolean {
    return this.role.isActive && this.#nextToSend < this.role.log.end;
  }

  /** It lacks records and holds nobody up: that replica is outside the in-sync set. */
  isBehind(nodeId: number): boolean {
    return this.hasRecords && !this.role.state.isr.includes(nodeId);
  }

  detach(): void {
    this.role.detach(this);
  }

  leadershipEnded(): void {
    this.#onEnded();
  }

  /** The next part, or null when there is nothing new. `maxBytes` 0: watermarks only. */
  next(maxBytes: number, minOneBatch: boolean, room: ReadRoom): PullPart | null {
    if (!this.role.isActive) return null;
    try {
      return this.#next(maxBytes, minOneBatch, room);
    } catch (error) {
      this.role.storageFailed(error);
      if (!(error instanceof BrokerError)) throw error;
      return this.#part({ errorCode: error.code, divergingEnd: this.role.log.end });
    }
  }

  #next(maxBytes: number, minOneBatch: boolean, room: ReadRoom): PullPart | null {
    const { log, state } = this.role;
    const from = this.#nextToSend;
    const toRead = from < log.end && (maxBytes > 0 || minOneBatch);
    const range = { from, upTo: log.end, maxBytes, minOneBatch, into: room.free };
    const records = toRead ? log.read(range) : noRecords;
    room.take(records);
    const isStuck = toRead && minOneBatch && records.length === 0;
    assert(!isStuck, `reading whole batches from ${from} gave nothing, the log ends at ${log.end}`);
    const isNews = state.highWatermark !== this.#toldHighWatermark || log.startOffset !== this.#toldLogStart;
    if (records.length === 0 && !isNews) return null;
    this.#toldHighWatermark = state.highWatermark;
    this.#toldLogStart = log.startOffset;
    const part = this.#part({ errorCode: ErrorCode.NONE, records });
    this.#nextToSend = endOfBatches(records, from);
    return part;
  }

  #part(own: { errorCode: number; records?: Uint8Array; divergingEnd?: number }): PullPart {
    return {
      topicId: this.topicId,
      partition: this.partition,
      leaderEpoch: this.role.leaderEpoch,
      round: this.round,
      errorCode: own.errorCode,
      highWatermark: this.role.state.highWatermark,
      logStartOffset: this.role.log.startOffset,
      divergingEpoch: -1,
      divergingEnd: own.divergingEnd ?? -1,
      readOffset: this.#nextToSend,
      records: own.records ?? noRecords,
    };
  }
}
