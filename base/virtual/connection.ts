// adapter: a simulated connection: how it comes to stand, how it ends, and what each end hears of it. Bytes
// move in its two lanes.
//
//     connecting --accepted--> open --finish both ways, reset, destroy, timeout, crash--> over
import { End, networkError } from "./connection-end.ts";
import { Lane, type LaneOwner } from "./lane.ts";
import type { Life } from "./life.ts";
import type { ListenerEntry, Wire, Wires } from "./wires.ts";

export interface ConnectionOptions {
  life: Life;
  from: string;
  to: string;
  key: string;
  timeoutMs: number;
  framing: "bytes" | "messages";
}

/** A first packet that got no answer is sent again after this long. */
const synRetryMs = [200, 1000] as const;

export class Connection implements LaneOwner, Wire {
  readonly client: End;
  readonly server: End;
  /** Called once in the client's life, when the connection stands (null) or failed. */
  onOpen: (error: Error | null) => void = () => {};
  private readonly fabric: Wires;
  private readonly options: ConnectionOptions;
  private readonly up: Lane;
  private readonly down: Lane;
  private state: "connecting" | "open" | "failed" = "connecting";

  constructor(fabric: Wires, options: ConnectionOptions) {
    this.fabric = fabric;
    this.options = options;
    const isMessages = options.framing === "messages";
    const source = fabric.host(options.from);
    const port = Number(options.key.split(":")[1]) || 0;
    this.client = new End(options.from, source.nextPort++, options.life);
    this.server = new End(options.to, port, null);
    this.up = new Lane(fabric, this, { from: this.client, to: this.server }, isMessages);
    this.down = new Lane(fabric, this, { from: this.server, to: this.client }, isMessages);
  }

  open(): void {
    const { scheduler } = this.fabric;
    const { life, timeoutMs } = this.options;
    scheduler.after(timeoutMs, {
      label: "net.timeout",
      life,
      run: () => this.fail("ETIMEDOUT"),
    });
    this.knock();
  }

  // ---- What an end may do ----

  send(end: End, chunks: readonly Uint8Array[]): boolean {
    const lane = this.laneFrom(end);
    if (end.isClosed || end.hasFinished || end.isDead) return true;
    lane.push(chunks);
    if (lane.pendingBytes <= this.fabric.settings.highWaterBytes) return true;
    end.needsDrain = true;
    return false;
  }

  pendingBytes(end: End): number {
    return this.laneFrom(end).pendingBytes;
  }

  finish(end: End): void {
    if (end.isClosed || end.hasFinished || end.isDead) return;
    end.hasFinished = true;
    this.laneFrom(end).pushFinish();
  }

  /** Closes at once. What is on its way arrives whole, or is cut off by a reset. */
  destroy(end: End): void {
    if (end.isClosed || end.isDead) return;
    this.abandon(end);
    this.close(end, null);
  }

  setPaused(end: End, isPaused: boolean): void {
    end.isPaused = isPaused;
    if (!isPaused) this.laneTo(end).schedule();
  }

  /** The end has its events now: what came before moves on. */
  started(end: End): void {
    this.laneTo(end).schedule();
  }

  // ---- What happens to it ----

  /** A fault: both ends hear a reset. */
  reset(): void {
    if (this.state !== "open") return;
    this.fabric.stats.resets++;
    for (const end of [this.client, this.server]) {
      if (end.isClosed || end.isDead) continue;
      end.hasFinished = true;
      this.laneTo(end).pushReset(networkError("ECONNRESET", "the connection was cut"));
    }
  }

  crash(life: Life, isPowerCut: boolean): void {
    for (const end of [this.client, this.server]) if (end.life === life) this.crashEnd(end, isPowerCut);
    this.forgetIfOver();
  }

  release(): void {
    this.up.release();
    this.down.release();
  }

  heardFinish(end: End): void {
    end.hasHeardFinish = true;
    this.finish(end);
    this.closeIfDone(end);
  }

  heardReset(end: End, error: Error): void {
    const lane = this.laneFrom(end);
    if (!lane.isCut) lane.clear();
    this.close(end, error);
  }

  reachedNobody(lane: Lane): void {
    const { to, from } = lane;
    if (from.isClosed || from.isDead || to.hasHeardFinish) return;
    to.hasHeardFinish = true;
    this.laneFrom(to).pushReset(networkError("ECONNRESET", "nobody holds the other end"));
  }

  flushed(end: End): void {
    if (end.isClosed || end.isDead) return;
    this.closeIfDone(end);
    if (!end.needsDrain || end.life === null) return;
    end.needsDrain = false;
    const run = (): void => {
      if (!end.isClosed) end.events?.onDrain();
    };
    this.fabric.scheduler.after(0, { label: "net.drain", life: end.life, run });
  }

  /**
   * A sender whose bytes stand still gives up after a while; the other end hears of it once the way is open.
   */
  stalled(lane: Lane): void {
    const { scheduler, random, settings } = this.fabric;
    const { stalls } = lane;
    const run = (): void => {
      const { from } = lane;
      if (!lane.isStalled || lane.stalls !== stalls || from.isClosed || from.isDead) return;
      lane.pushReset(networkError("ECONNRESET", "the other end gave up"));
      this.laneFrom(lane.to).clear();
      this.close(from, networkError("ETIMEDOUT", "sent bytes were not acknowledged"));
    };
    const delayMs = random.between(...settings.stallTimeoutMs);
    scheduler.after(delayMs, { label: "net.stalled", life: lane.from.life, run });
  }

  // ---- Inside ----

  private laneFrom(end: End): Lane {
    return end === this.client ? this.up : this.down;
  }

  private laneTo(end: End): Lane {
    return end === this.client ? this.down : this.up;
  }

  /** Sends a first packet, and again until there is an answer; the timeout ends it. */
  private knock(): void {
    const { scheduler, random } = this.fabric;
    const { from, to } = this.options;
    const arrive = (): void => {
      if (this.state !== "connecting" || this.client.isDead || this.client.isClosed) return;
      const target = this.fabric.hosts.get(to);
      const isDark = this.fabric.isBlocked(from, to) || this.fabric.isBlocked(to, from);
      if (target === undefined) {
        this.answer("ENOTFOUND");
      } else if (isDark || !target.hasPower) {
        scheduler.after(random.between(...synRetryMs), { label: "net.knock", life: null, run: arrive });
      } else {
        const listener = target.listeners.get(this.options.key);
        const isThere = listener !== undefined && !listener.life.revoked && !target.refuses;
        if (isThere) this.accept(listener);
        this.answer(isThere ? null : "ECONNREFUSED");
      }
    };
    const delayMs = this.fabric.drawDelayMs(from, to);
    scheduler.after(delayMs, { label: "net.knock", life: null, run: arrive });
  }

  private accept(listener: ListenerEntry): void {
    this.state = "open";
    this.fabric.stats.connections++;
    this.server.life = listener.life;
    const run = (): void => listener.onEnd(this, this.server, this.client);
    this.fabric.scheduler.after(0, { label: "net.accept", life: listener.life, run });
    this.up.open();
    this.down.open();
  }

  /** The answer travels back, and the client learns that the connection stands, or why it does not. */
  private answer(code: string | null): void {
    const { from, to, life } = this.options;
    const run = (): void => {
      if (code !== null) this.fail(code);
      else if (!this.client.isClosed) this.onOpen(null);
    };
    const delayMs = this.fabric.drawDelayMs(to, from);
    this.fabric.scheduler.after(delayMs, { label: "net.answer", life, run });
  }

  private fail(code: string): void {
    if (this.state !== "connecting") return;
    this.state = "failed";
    if (code === "ECONNREFUSED") this.fabric.stats.refusedConnects++;
    if (code === "ETIMEDOUT") this.fabric.stats.timedOutConnects++;
    const { from, to, key } = this.options;
    const error = networkError(code, `connect from ${from} to ${to} ${key}`);
    this.client.hasFinished = true;
    this.up.clear();
    this.close(this.client, error);
    this.onOpen(error);
  }

  private closeIfDone(end: End): void {
    if (end.hasHeardFinish && end.hasFinished && this.laneFrom(end).pendingBytes === 0) this.close(end, null);
  }

  private close(end: End, error: Error | null): void {
    if (end.isClosed) return;
    end.isClosed = true;
    const { events } = end;
    if (events !== null && end.life !== null) {
      const run = (): void => events.onClose(error);
      this.fabric.scheduler.after(0, { label: "net.close", life: end.life, run });
    }
    // Bytes that still come find nobody.
    this.laneTo(end).schedule();
    this.forgetIfOver();
  }

  /** The kernel's part when a process lets go of a socket. */
  private abandon(end: End): void {
    const lane = this.laneFrom(end);
    lane.dropWaiting();
    if (end.hasFinished) return;
    end.hasFinished = true;
    const leavesUnread = this.laneTo(end).hasItems;
    if (!leavesUnread && this.fabric.random.chance(0.75)) lane.pushFinish();
    else lane.pushReset(networkError("ECONNRESET", "the other end was destroyed"));
  }

  private crashEnd(end: End, isPowerCut: boolean): void {
    const lane = this.laneFrom(end);
    const other = end === this.client ? this.server : this.client;
    if (isPowerCut) this.fallSilent(lane, other);
    else if (!end.isClosed) this.abandon(end);
    end.isClosed = true;
    this.laneTo(end).receiverDied();
  }

  private fallSilent(lane: Lane, other: End): void {
    lane.dropWaiting();
    lane.cutMoving();
    if (other.life === null) return;
    const run = (): void => {
      if (!other.isClosed) this.close(other, networkError("ETIMEDOUT", "the other end fell silent"));
    };
    const delayMs = this.fabric.random.between(...this.fabric.settings.silenceTimeoutMs);
    this.fabric.scheduler.after(delayMs, { label: "net.silence", life: other.life, run });
  }

  private forgetIfOver(): void {
    const { client, server } = this;
    const clientOver = client.isClosed || client.isDead;
    const serverOver = server.life === null || server.isClosed || server.isDead;
    if (clientOver && serverOver) this.fabric.forget(this);
  }
}
