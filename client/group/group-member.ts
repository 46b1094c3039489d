// port: a membership in a group, whatever the protocol, as the consumer's session drives it.
import type { MemberIdentity } from "./committed-offset.ts";
import type { Verdict } from "./verdicts.ts";

export interface GroupMember {
  identity(): MemberIdentity;
  /** Joins, and lives until it is stopped. Resolves at the end; rejects with what ends it for good. */
  live(): Promise<void>;
  /** The subscription changed. */
  resubscribed(): void;
  /** What the answer to a commit says of the membership. */
  heard(verdict: Verdict): void;
  /** Out of the group until `back`: the program asks for nothing. What is owned is lost. */
  goAway(): void;
  back(): void;
  /** Takes part in nothing any more; `live` resolves soon. */
  stop(): void;
  /** After `stop`: says farewell to the coordinator. Never rejects. */
  leave(options: { isForGood: boolean; reason: string; timeoutMs: number }): Promise<void>;
}

export interface MemberEvents {
  /** A new generation or member epoch. */
  joined(told: { assignor: string | null; isLeader: boolean }): void;
  /** Out of the group by itself. */
  left(reason: string): void;
}
