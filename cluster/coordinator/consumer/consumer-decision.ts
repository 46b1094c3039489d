// port: what decisions about groups of the consumer protocol (KIP-848) are made from, and what they answer.

import type { Moment } from "../../machine/machine.ts";
import type { MetadataImage } from "../../metadata/image.ts";
import type { GroupSettings } from "../group-settings.ts";
import type { WrittenRecord } from "../state/group-records.ts";
import type { ClassicGroupRecord, ClassicSide } from "../state/group-state.ts";

/** The protocols that each classic member offers, by member id, the one it likes most first. */
export type ClassicProtocols = ReadonlyMap<string, ClassicSide["protocols"]>;

export interface ConsumerContext {
  readonly now: Moment;
  readonly image: MetadataImage;
  readonly settings: GroupSettings;
  /** When a member is to be heard of again, if it waits for nobody. */
  readonly heartbeatIntervalMs: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly apiVersion: number;
  /** A fresh uuid, for a member that brings no id of its own. */
  readonly newMemberId: string;
  /**
   * Of the members of a classic group that may become one of this protocol, where the shell knows them. What
   * is in the log names only the one protocol that they agreed on.
   */
  readonly classicProtocols?: ClassicProtocols;
}

/**
 * What becomes of timers once a decision was taken. They are not in the log. A session begins anew each time;
 * `join` leaves one that runs already as it is. When one runs out the shell proposes `expireMember`.
 */
export type TimerChange =
  | { readonly kind: "session" | "join" | "sync"; readonly memberId: string; readonly afterMs: number }
  | {
      readonly kind: "revocation";
      readonly memberId: string;
      /** It counts only while the member is in this epoch. */
      readonly memberEpoch: number;
      readonly afterMs: number;
    }
  | { readonly kind: "cancelRevocation" | "cancelJoin" | "cancelSync"; readonly memberId: string }
  /** All timers of the member. */
  | { readonly kind: "end"; readonly memberId: string };

/** The group has become one of the other protocol. */
export type Conversion =
  /** Whoever waits in it for a join or a sync is told REBALANCE_IN_PROGRESS; its timers end. */
  | { readonly to: "consumer" }
  | {
      readonly to: "classic";
      readonly group: ClassicGroupRecord;
      readonly protocols: ClassicProtocols;
      /**
       * It is to rebalance at once. False: a static member took over a place, and all have what they should.
       */
      readonly rebalance: boolean;
    };

export interface ConsumerDecision<Reply> {
  readonly records: readonly WrittenRecord[];
  readonly reply: Reply;
  readonly timers: readonly TimerChange[];
  readonly conversion: Conversion | null;
}
