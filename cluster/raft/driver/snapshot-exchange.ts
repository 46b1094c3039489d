// shell: snapshots on their way: makes them from the state machine's bytes, reads pieces for those who need
// one, and puts pieces that come in together. A snapshot that came in is checked as a whole and on disk
// before the core hears of it.

import { isDiskFull } from "../../../base/disk-error.ts";
import { limits } from "../../../base/limits.ts";
import type { Clock } from "../../../base/ports/clock.ts";
import type { Codecs } from "../../../base/ports/codecs.ts";
import type { Log } from "../../../base/ports/log.ts";
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import { untilRoom } from "../../log/until-room.ts";
import type { RaftEvent, SnapshotMark } from "../core/words.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "./snapshot-bytes.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

export interface SnapshotExchangeOptions {
  readonly store: SnapshotStore;
  readonly codecs: Codecs;
  readonly log: Log;
  readonly clock: Clock;
  post(event: RaftEvent): void;
  send(message: RaftMessage): void;
  /** The store cannot be read or written. */
  onFailed(error: unknown): void;
}

export class SnapshotExchange {
  private readonly options: SnapshotExchangeOptions;
  private pieces: Uint8Array[] = [];
  private bytes = 0;
  private received: Snapshot | null = null;
  private isSaving = false;
  private isClosed = false;

  constructor(options: SnapshotExchangeOptions) {
    this.options = options;
  }

  /** False: it was not saved, since another is being saved. */
  async save(snapshot: Snapshot): Promise<boolean> {
    if (this.isSaving) return false;
    this.isSaving = true;
    try {
      await this.options.store.save(snapshot, encodeSnapshot(snapshot, this.options.codecs));
      return true;
    } catch (error) {
      if (isDiskFull(error)) this.options.log.warn({}, "no room on the disk for a metadata snapshot");
      else this.options.onFailed(error);
      return false;
    } finally {
      this.isSaving = false;
    }
  }

  /** Fills the piece into the message and sends it. */
  sendPiece(message: RaftMessage): void {
    const { store, send, post, onFailed } = this.options;
    const mark = { end: message.snapshotEnd, epoch: message.snapshotEpoch };
    store.piece(mark, message.piecePosition).then((piece) => {
      if (piece === null) post({ kind: "snapshotUnavailable", to: message.toId });
      else send({ ...message, payload: piece.payload, lastPiece: piece.last });
    }, onFailed);
  }

  storePiece(piece: SnapshotMark & { position: number; payload: Uint8Array; last: boolean }): void {
    const { end, epoch, position, payload, last } = piece;
    if (position === 0) this.forget();
    // The message that the payload is a view of will be reused or freed as a whole.
    this.pieces.push(payload.slice());
    this.bytes += payload.length;
    if (this.bytes > limits.raftSnapshotBytesMax) {
      this.refuse({ end, epoch }, `it has more than ${limits.raftSnapshotBytesMax} bytes`);
    } else if (last) {
      this.finish({ end, epoch });
    }
  }

  /** The state machine's bytes of the snapshot that was received last. */
  takeReceived(mark: SnapshotMark): Uint8Array {
    const { received } = this;
    this.received = null;
    if (received?.end === mark.end && received.epoch === mark.epoch) return received.state;
    throw new Error(`the snapshot (${mark.end}, epoch ${mark.epoch}) should have been received`);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return this.options.store.close();
  }

  private finish(mark: SnapshotMark): void {
    const { codecs, store, post, onFailed, clock } = this.options;
    const bytes = Buffer.concat(this.pieces);
    this.forget();
    let snapshot: Snapshot;
    try {
      snapshot = decodeSnapshot(bytes, codecs);
    } catch (error) {
      this.refuse(mark, String(error));
      return;
    }
    const { end, epoch, voters } = snapshot;
    if (end !== mark.end || epoch !== mark.epoch) {
      this.refuse(mark, `it covers (${end}, epoch ${epoch})`);
      return;
    }
    const save = (): Promise<void> => store.save(mark, bytes);
    // Until there is room the leader gets no answer, and asks again now and then.
    untilRoom(clock, save, () => this.isClosed).then(() => {
      this.received = snapshot;
      post({ kind: "snapshotReceived", end, epoch, voters });
    }, onFailed);
  }

  private refuse(mark: SnapshotMark, why: string): void {
    this.forget();
    this.options.log.warn({ ...mark }, `throwing away a metadata snapshot that came in: ${why}`);
    this.options.post({ kind: "snapshotDamaged", ...mark });
  }

  private forget(): void {
    this.pieces = [];
    this.bytes = 0;
    this.received = null;
  }
}
