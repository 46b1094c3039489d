// core: what this node saw, in order, bounded: the story of a failover told by those who were there. Times
// come with the events.
import { limits } from "../base/limits.ts";

export interface TimelineEvent {
  /** Grows by one with every event of this node; holes mean that older ones were dropped. */
  sequence: number;
  wallMs: number;
  monotonicMs: number;
  /** "elected", "fenced", "leader-moved", "in-sync-changed", "connection-lost", ... */
  kind: string;
  detail: Readonly<Record<string, unknown>>;
}

export class Timeline {
  #events: TimelineEvent[] = [];
  #next = 0;

  add(event: Omit<TimelineEvent, "sequence">): void {
    this.#events.push({ sequence: this.#next++, ...event });
    if (this.#events.length > limits.timelineEventsMax) this.#events.splice(0, limits.timelineEventsMax >> 2);
  }

  /** Events from sequence number `from` on, oldest first. */
  since(from: number): readonly TimelineEvent[] {
    const first = this.#events[0]?.sequence ?? this.#next;
    return this.#events.slice(Math.max(0, from - first));
  }
}
