// core: who was heard of lately, counted in ticks of the active controller. A tick is counted only while the
// controller runs, so that one that stood still fences nobody by itself. Not part of the metadata: a new
// active controller starts with a fresh session for everybody who is not fenced.
import type { BrokerImage, MetadataImage } from "../metadata/image.ts";

interface Session {
  readonly epoch: number;
  ticksLeft: number;
  /** This controller has heard it; false for one that was known when it became active. */
  readonly isHeard: boolean;
  /** End of the metadata the broker has applied; -1: not known. */
  metadataEnd: number;
  /** Its controlled shutdown is in the metadata below this; null: none is known of. */
  shutdownEnd: number | null;
}

export class BrokerSessions {
  readonly #ticks: number;
  readonly #graceTicks: number;
  /** By broker id; an entry of another epoch counts as none. Bounded by the registered brokers. */
  #sessions = new Map<number, Session>();

  constructor(options: { ticks: number; graceTicks: number }) {
    this.#ticks = Math.max(1, options.ticks);
    this.#graceTicks = Math.min(this.#ticks, Math.max(1, options.graceTicks));
  }

  /** This controller has just become active. Who is known to be cut off from it has a short grace only. */
  reset(image: MetadataImage, isCutOff: (id: number) => boolean): void {
    this.#sessions = new Map();
    for (const broker of image.brokers.values()) {
      if (broker.fenced) continue;
      this.#touch(broker, { metadataEnd: -1, isHeard: false });
      if (isCutOff(broker.id)) this.disconnected(broker.id, broker.epoch);
    }
  }

  /** A heartbeat: its session is whole again. */
  heard(broker: BrokerImage, metadataEnd: number): void {
    this.#touch(broker, { metadataEnd, isHeard: true });
  }

  #touch(broker: BrokerImage, { metadataEnd, isHeard }: { metadataEnd: number; isHeard: boolean }): void {
    const known = this.#of(broker.id, broker.epoch);
    this.#sessions.set(broker.id, {
      epoch: broker.epoch,
      ticksLeft: this.#ticks,
      isHeard,
      metadataEnd: Math.max(metadataEnd, known?.metadataEnd ?? -1),
      shutdownEnd: known?.shutdownEnd ?? null,
    });
  }

  /** Its connection closed: unless a heartbeat comes, only a short grace is left. */
  disconnected(id: number, epoch: number): void {
    const session = this.#of(id, epoch);
    if (session !== undefined) session.ticksLeft = Math.min(session.ticksLeft, this.#graceTicks);
  }

  /** Time passes. */
  tick(): void {
    for (const [id, session] of this.#sessions) {
      session.ticksLeft--;
      if (session.ticksLeft <= 0) this.#sessions.delete(id);
    }
  }

  isAlive(id: number, epoch: number): boolean {
    return this.#of(id, epoch) !== undefined;
  }

  /**
   * It is alive, and this controller heard it say so. After a change of the controller a broker that was
   * known has a session on trust, which says nothing about its process: that may be gone, and the next one
   * register.
   */
  isHeard(id: number, epoch: number): boolean {
    return this.#of(id, epoch)?.isHeard === true;
  }

  /** Not fenced, and not heard of for a whole session. */
  overdue(image: MetadataImage): BrokerImage[] {
    return [...image.brokers.values()].filter(
      (broker) => !broker.fenced && !this.isAlive(broker.id, broker.epoch),
    );
  }

  /** End of the metadata that broker has applied; -1: not known. */
  metadataEnd(broker: BrokerImage): number {
    return this.#of(broker.id, broker.epoch)?.metadataEnd ?? -1;
  }

  /**
   * Notes, the first time, that the broker's shutdown is in the metadata below `end`; answers what was noted.
   */
  shutdownEnd(broker: BrokerImage, end: number): number {
    const session = this.#of(broker.id, broker.epoch);
    if (session === undefined) return end;
    session.shutdownEnd ??= end;
    return session.shutdownEnd;
  }

  #of(id: number, epoch: number): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.epoch === epoch ? session : undefined;
  }
}
