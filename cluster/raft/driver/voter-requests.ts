// shell: who waits for a change of the voters. Gives each request its number, and settles it when the core
// says what became of it. Knows no rule: that only one is under way at a time the core says, by refusing.
import { BrokerError } from "../../../proto/errors.ts";
import type { RaftEvent, VoterChange, VoterRefusal } from "../core/words.ts";

interface Waiter {
  resolve(): void;
  reject(error: BrokerError): void;
}

export class VoterRequests {
  private readonly post: (event: RaftEvent) => void;
  private readonly waiters = new Map<number, Waiter>();
  private lastNumber = 0;

  constructor(post: (event: RaftEvent) => void) {
    this.post = post;
  }

  ask(change: VoterChange): Promise<void> {
    const number = ++this.lastNumber;
    return new Promise((resolve, reject) => {
      this.waiters.set(number, { resolve, reject });
      this.post({ kind: "changeVoters", number, change });
    });
  }

  ended(number: number, refusal: VoterRefusal | null): void {
    const waiter = this.waiters.get(number);
    this.waiters.delete(number);
    if (refusal === null) waiter?.resolve();
    else waiter?.reject(new BrokerError(refusal.error, refusal.text));
  }

  /** The node stops: nobody will say what became of them. */
  lose(): void {
    const text = "this node is being stopped; the change of the voters may have been made or not";
    for (const number of [...this.waiters.keys()]) this.ended(number, { error: "REQUEST_TIMED_OUT", text });
  }
}
