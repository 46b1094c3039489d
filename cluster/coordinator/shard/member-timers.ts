// core: the timers of members of groups of the consumer protocol, in the coordinator's time. A heartbeat that
// puts a session off costs one assignment; where a timer really stands is found when it was to run out.
import { MinHeap } from "../../../base/min-heap.ts";
import type { TimerChange } from "../consumer/consumer-decision.ts";
import type { Expiry } from "../consumer/leave.ts";

type Kind = Expiry["why"];

interface MemberTimer {
  readonly groupId: string;
  readonly memberId: string;
  readonly kind: Kind;
  deadlineMs: number;
  /** Of a revocation: the epoch in which it was begun. */
  memberEpoch: number;
}

interface Look {
  readonly atMs: number;
  readonly timer: MemberTimer;
}

export interface RunOut extends Expiry {
  readonly groupId: string;
}

const kinds: readonly Kind[] = ["session", "revocation", "join", "sync"];

export class MemberTimers {
  readonly #timers = new Map<string, Map<string, MemberTimer>>();
  #sessions = 0;
  readonly #looks = new MinHeap<Look>((one, other) => one.atMs < other.atMs);

  /** Members whose sessions are counted here. */
  get sessions(): number {
    return this.#sessions;
  }

  get isEmpty(): boolean {
    return this.#timers.size === 0;
  }

  change(groupId: string, change: TimerChange, nowMs: number): void {
    const { memberId, kind } = change;
    switch (kind) {
      case "end":
        for (const each of kinds) this.#drop(groupId, memberId, each);
        break;
      case "cancelRevocation":
        this.#drop(groupId, memberId, "revocation");
        break;
      case "cancelJoin":
        this.#drop(groupId, memberId, "join");
        break;
      case "cancelSync":
        this.#drop(groupId, memberId, "sync");
        break;
      case "join":
        // The first that began counts: a member that is told again to join has no more time for it.
        if (!this.#timers.get(groupId)?.has(keyOf(memberId, "join")))
          this.#set(groupId, memberId, { kind, deadlineMs: nowMs + change.afterMs, memberEpoch: -1 });
        break;
      default: {
        const memberEpoch = kind === "revocation" ? change.memberEpoch : -1;
        this.#set(groupId, memberId, { kind, deadlineMs: nowMs + change.afterMs, memberEpoch });
      }
    }
  }

  #set(
    groupId: string,
    memberId: string,
    { kind, deadlineMs, memberEpoch }: Pick<MemberTimer, "kind" | "deadlineMs" | "memberEpoch">,
  ): void {
    const ofGroup = this.#timers.get(groupId) ?? new Map<string, MemberTimer>();
    this.#timers.set(groupId, ofGroup);
    const key = keyOf(memberId, kind);
    const known = ofGroup.get(key);
    if (known !== undefined && deadlineMs >= known.deadlineMs) {
      known.deadlineMs = deadlineMs;
      known.memberEpoch = memberEpoch;
      return;
    }
    const timer = { groupId, memberId, kind, deadlineMs, memberEpoch };
    if (kind === "session" && known === undefined) this.#sessions++;
    ofGroup.set(key, timer);
    this.#looks.push({ atMs: deadlineMs, timer });
  }

  #drop(groupId: string, memberId: string, kind: Kind): void {
    const ofGroup = this.#timers.get(groupId);
    if (ofGroup === undefined) return;
    if (ofGroup.delete(keyOf(memberId, kind)) && kind === "session") this.#sessions--;
    if (ofGroup.size === 0) this.#timers.delete(groupId);
  }

  /** All of a group that has ended. */
  forget(groupId: string): void {
    for (const { kind } of this.#timers.get(groupId)?.values() ?? [])
      if (kind === "session") this.#sessions--;
    this.#timers.delete(groupId);
  }

  /** The next that has run out by now, which is a timer no more; null: none has. */
  takeRunOut(nowMs: number): RunOut | null {
    for (;;) {
      const first = this.#looks.peek();
      if (first === null || first.atMs > nowMs) return null;
      this.#looks.pop();
      const { timer } = first;
      const { groupId, memberId, kind, deadlineMs, memberEpoch } = timer;
      if (this.#timers.get(groupId)?.get(keyOf(memberId, kind)) !== timer) continue;
      if (deadlineMs > nowMs) {
        this.#looks.push({ atMs: deadlineMs, timer });
        continue;
      }
      this.#drop(groupId, memberId, kind);
      return { groupId, memberId, why: kind, memberEpoch };
    }
  }
}

function keyOf(memberId: string, kind: Kind): string {
  return `${kind} ${memberId}`;
}
