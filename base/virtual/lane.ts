// adapter: one direction of a simulated connection: a queue in order, a window of what is on its way, back
// pressure beyond it. Bytes are joined and split at random; messages stay whole. Adapter for the native CRC,
// which finds a sender that changes a buffer after it gave it away.
//
//     push -> waiting --(window)--> moving --(delay)--> deliver -> events.onItem of the receiving end
import { crc32 } from "node:zlib";
import { assert } from "../assert.ts";
import type { End } from "./connection-end.ts";
import type { Wires } from "./wires.ts";

/** Node hands a socket's bytes over in pieces of at most this size. */
const chunkBytesMax = 64 * 1024;

/** A chunk is overwritten with this once its time is over. */
const poison = 0xdd;

type Item = { readyMs: number } & (
  | { kind: "data"; bytes: Uint8Array; at: number; checksum: number }
  | { kind: "fin" }
  | { kind: "reset"; error: Error }
);

export interface LaneOwner {
  /** The end of the stream arrived at `end`. */
  heardFinish(end: End): void;
  heardReset(end: End, error: Error): void;
  /** Bytes arrived at an end that is closed or dead. */
  reachedNobody(lane: Lane): void;
  /** Everything pushed at `end` is on its way. */
  flushed(end: End): void;
  /** The way is blocked and something wants through. */
  stalled(lane: Lane): void;
}

export class Lane {
  readonly from: End;
  readonly to: End;
  isStalled = false;
  /** A reset is the last thing that will arrive. */
  isCut = false;
  /** How often it has stood still. */
  stalls = 0;
  private readonly fabric: Wires;
  private readonly owner: LaneOwner;
  private readonly keepsMessages: boolean;
  private isOpen = false;
  private waiting: Item[] = [];
  private moving: Item[] = [];
  private waitingBytes = 0;
  private movingBytes = 0;
  private lastReadyMs = 0;
  private isScheduled = false;

  constructor(fabric: Wires, owner: LaneOwner, ends: { from: End; to: End }, keepsMessages: boolean) {
    this.fabric = fabric;
    this.owner = owner;
    this.from = ends.from;
    this.to = ends.to;
    this.keepsMessages = keepsMessages;
  }

  get pendingBytes(): number {
    return this.waitingBytes;
  }

  get hasItems(): boolean {
    return this.moving.length > 0;
  }

  /** Nothing moves before the connection stands. */
  open(): void {
    this.isOpen = true;
    this.pump();
  }

  push(chunks: readonly Uint8Array[]): void {
    for (const bytes of chunks) {
      if (bytes.length === 0 && !this.keepsMessages) continue;
      this.waiting.push({ kind: "data", bytes, at: 0, checksum: crc32(bytes), readyMs: 0 });
      this.waitingBytes += bytes.length;
    }
    this.pump();
  }

  pushFinish(): void {
    this.waiting.push({ kind: "fin", readyMs: 0 });
    this.pump();
  }

  /** Ends the lane: what waits is dropped, what moves is cut off at some point, then the reset arrives. */
  pushReset(error: Error): void {
    this.isCut = true;
    this.dropWaiting();
    this.cutMoving();
    this.moving.push({ kind: "reset", error, readyMs: this.readyTime() });
    this.schedule();
  }

  /** What is not yet on its way never will be. */
  dropWaiting(): void {
    this.fabric.stats.droppedInFlightBytes += this.waitingBytes;
    this.waiting = [];
    this.waitingBytes = 0;
  }

  /** Loses a suffix, perhaps all or none, of what is on its way. */
  cutMoving(): void {
    const kept = this.fabric.random.below(this.moving.length + 1);
    for (const item of this.moving.splice(kept)) {
      if (item.kind !== "data") continue;
      this.movingBytes -= item.bytes.length - item.at;
      this.fabric.stats.droppedInFlightBytes += item.bytes.length - item.at;
    }
  }

  clear(): void {
    this.dropWaiting();
    this.fabric.stats.droppedInFlightBytes += this.movingBytes;
    this.moving = [];
    this.movingBytes = 0;
  }

  /** The way may be open again: what stood still sets out anew. */
  release(): void {
    if (!this.isStalled) return;
    this.isStalled = false;
    const readyMs = this.readyTime();
    for (const item of this.moving) item.readyMs = readyMs;
    this.schedule();
  }

  /** Looks again: the receiver has started, resumed or died. */
  schedule(): void {
    const head = this.moving[0];
    if (head === undefined || this.isScheduled || this.isStalled || !this.isOpen) return;
    const { to } = this;
    if (!to.isDead && !to.isClosed && (to.events === null || to.isPaused)) return;
    this.isScheduled = true;
    const run = (): void => {
      this.isScheduled = false;
      this.deliver();
    };
    const life = to.isDead ? null : to.life;
    this.fabric.scheduler.at(head.readyMs, { label: "net.arrive", life, run });
  }

  /** The event that would have delivered was dropped with the receiver's life. */
  receiverDied(): void {
    this.isScheduled = false;
    this.schedule();
  }

  private deliver(): void {
    const { to, fabric } = this;
    if (this.moving.length === 0) return;
    if (fabric.isBlocked(this.from.host, to.host) || !fabric.hasPower(to.host)) {
      this.isStalled = true;
      this.stalls++;
      fabric.stats.stalledDeliveries++;
      this.owner.stalled(this);
      return;
    }
    if (to.isDead || to.isClosed) {
      this.clear();
      this.owner.reachedNobody(this);
      return;
    }
    if (to.events === null || to.isPaused) return;
    const head = this.moving[0]!;
    if (head.kind === "data") this.deliverData();
    else this.moving.shift();
    if (head.kind === "fin") this.owner.heardFinish(to);
    if (head.kind === "reset") this.owner.heardReset(to, head.error);
    this.pump();
  }

  private deliverData(): void {
    const chunk = this.takeChunk();
    const { to, fabric } = this;
    fabric.scheduler.trace.addBytes("net.data", `${this.from.host}>${to.host}`, chunk);
    this.movingBytes -= chunk.length;
    try {
      to.events?.onItem(chunk);
    } finally {
      if (!this.keepsMessages) chunk.fill(poison);
    }
  }

  /** A copy of what arrives now: one message, or any number of the bytes that are there. */
  private takeChunk(): Uint8Array {
    const { random, scheduler } = this.fabric;
    if (this.keepsMessages) return this.takeFromHead(Number.POSITIVE_INFINITY);
    let ready = 0;
    for (const item of this.moving) {
      if (item.kind !== "data" || item.readyMs > scheduler.nowMs) break;
      ready += item.bytes.length - item.at;
    }
    ready = Math.min(ready, chunkBytesMax);
    const length = ready > 1 && random.chance(0.3) ? 1 + random.below(ready - 1) : ready;
    const parts: Uint8Array[] = [];
    for (let left = length; left > 0; ) {
      const part = this.takeFromHead(left);
      left -= part.length;
      parts.push(part);
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  private takeFromHead(bytesMax: number): Uint8Array {
    const head = this.moving[0]!;
    assert(head.kind === "data", "only data can be taken");
    assert(
      head.checksum === crc32(head.bytes),
      `a buffer of ${head.bytes.length} bytes sent by ${this.from.host} to ${this.to.host} should not ` +
        `change ` +
        "after it was given away",
    );
    const end = Math.min(head.bytes.length, head.at + bytesMax);
    const part = new Uint8Array(head.bytes.subarray(head.at, end));
    head.at = end;
    if (end === head.bytes.length) this.moving.shift();
    return part;
  }

  /** Moves what waits into the window, all at one moment as one system call would. */
  private pump(): void {
    if (!this.isOpen) return;
    const { windowBytes } = this.fabric.settings;
    let readyMs = -1;
    while (this.waiting.length > 0 && (this.movingBytes < windowBytes || this.waiting[0]!.kind !== "data")) {
      const item = this.waiting.shift()!;
      if (readyMs < 0) readyMs = this.readyTime();
      item.readyMs = readyMs;
      this.moving.push(item);
      if (item.kind !== "data") continue;
      this.waitingBytes -= item.bytes.length;
      this.movingBytes += item.bytes.length;
    }
    if (this.waiting.length === 0) this.owner.flushed(this.from);
    this.schedule();
  }

  private readyTime(): number {
    const { scheduler } = this.fabric;
    const readyMs = scheduler.nowMs + this.fabric.drawDelayMs(this.from.host, this.to.host);
    this.lastReadyMs = Math.max(this.lastReadyMs, readyMs);
    return this.lastReadyMs;
  }
}
