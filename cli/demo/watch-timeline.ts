// adapter: gathers the timelines of all brokers over HTTP into one story, while it happens.
//
// Wall clocks of brokers on one machine agree; an event that several brokers saw is told once, by who saw it
// first.
import type { StoryEvent } from "./tell.ts";

interface TimelineAnswer {
  events: { sequence: number; wallMs: number; kind: string; detail: Record<string, unknown> }[];
}

export class TimelineWatch {
  readonly events: StoryEvent[] = [];
  #next = new Map<string, number>();
  #seen = new Set<string>();
  #timer: NodeJS.Timeout;
  #brokers: readonly { id: number; http: string }[];
  #onEvent: (event: StoryEvent) => void;
  #polling = false;

  constructor(options: {
    brokers: readonly { id: number; http: string }[];
    everyMs: number;
    onEvent: (event: StoryEvent) => void;
  }) {
    this.#brokers = options.brokers;
    this.#onEvent = options.onEvent;
    this.#timer = setInterval(() => void this.poll(), options.everyMs);
  }

  /** One round over all brokers; those that do not answer are asked again next time. */
  async poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    const found = await Promise.all(this.#brokers.map((broker) => this.#ask(broker)));
    for (const event of found.flat().sort((a, b) => a.wallMs - b.wallMs)) {
      const key = `${event.kind} ${JSON.stringify(event.detail)}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.events.push(event);
      this.#onEvent(event);
    }
    this.#polling = false;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #ask(broker: { id: number; http: string }): Promise<StoryEvent[]> {
    const from = this.#next.get(broker.http) ?? 0;
    try {
      const answer = await fetch(`http://${broker.http}/timeline?from=${from}`, {
        signal: AbortSignal.timeout(500),
      });
      const { events } = (await answer.json()) as TimelineAnswer;
      // A broker that was started again counts from 0.
      if (events.length > 0) this.#next.set(broker.http, events.at(-1)!.sequence + 1);
      return events.map(({ wallMs, kind, detail }) => ({ node: broker.id, wallMs, kind, detail }));
    } catch {
      this.#next.delete(broker.http);
      return [];
    }
  }
}
