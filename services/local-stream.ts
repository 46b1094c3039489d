// shell: a stream whose two ends are in this process, for a node that is its own peer. Messages arrive at the
// end of the turn in which they were sent, in order, as if they had crossed a wire.
import { assert } from "../base/assert.ts";
import { limits } from "../base/limits.ts";
import type { Clock } from "../base/ports/clock.ts";
import type { PeerStream, PeerStreamEvents } from "../proto/peer/peer-api.ts";

class LocalEnd<Out, In> implements PeerStream<Out, In> {
  other: LocalEnd<In, Out> | null = null;
  readonly #clock: Clock;
  #events: PeerStreamEvents<In> | null = null;
  /** What has arrived; "close" ends it. */
  #arrived: ({ message: In } | "close")[] = [];
  #willDeliver = false;
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(events: PeerStreamEvents<In>): void {
    assert(this.#events === null, "a stream should be started once");
    this.#events = events;
    this.#schedule();
  }

  send(message: Out): void {
    if (!this.#isOver) this.other!.#arrive({ message });
  }

  close(): void {
    if (this.#isOver) return;
    this.other!.#arrive("close");
    this.#arrived = ["close"];
    this.#schedule();
  }

  #arrive(item: { message: In } | "close"): void {
    assert(
      this.#arrived.length < limits.mailboxMax,
      "a local stream should be read as fast as it is " + "written",
    );
    if (this.#isOver || this.#arrived.at(-1) === "close") return;
    this.#arrived.push(item);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#willDeliver || this.#events === null || this.#arrived.length === 0) return;
    this.#willDeliver = true;
    this.#clock.endOfTurn(() => this.#deliver());
  }

  #deliver(): void {
    this.#willDeliver = false;
    while (this.#arrived.length > 0 && !this.#isOver) {
      const item = this.#arrived.shift()!;
      if (item !== "close") {
        this.#events!.onMessage(item.message);
        continue;
      }
      this.#isOver = true;
      this.#events!.onClose(null);
    }
  }
}

export function localStreamPair<Up, Down>(clock: Clock): [PeerStream<Up, Down>, PeerStream<Down, Up>] {
  const one = new LocalEnd<Up, Down>(clock);
  const other = new LocalEnd<Down, Up>(clock);
  one.other = other;
  other.other = one;
  return [one, other];
}
