// port: what the sides of a shard (classic groups, groups of the consumer protocol, offsets) need of it.
import type { Decision, Moment } from "../../machine/machine.ts";
import type { WrittenRecord } from "../state/group-records.ts";
import type { GroupState } from "../state/group-state.ts";
import type { ShardState } from "../state/replay.ts";

export interface ShardPort {
  /** Throws COORDINATOR_LOAD_IN_PROGRESS. */
  needLoaded(): void;
  readonly isLoaded: boolean;
  /** With all that was proposed. */
  group(groupId: string): GroupState | null;
  groups(): Iterable<GroupState>;
  /** With what can no longer be lost. */
  committedGroup(groupId: string): GroupState | null;
  /** Resolves once it is committed; rejects with what `decide` threw or with codes that clients know. */
  propose<Reply>(decide: (state: ShardState, now: Moment) => Decision<WrittenRecord, Reply>): Promise<Reply>;
  /**
   * Commits of offsets, written together with others of this turn. Resolves once they are committed; rejects
   * with codes that clients know.
   */
  commitOffsets(records: readonly WrittenRecord[]): Promise<void>;
  /** The same as `propose`, given up after `timeoutMs`: it may be committed later all the same. */
  proposeWithin<Reply>(
    timeoutMs: number,
    decide: (state: ShardState, now: Moment) => Decision<WrittenRecord, Reply>,
  ): Promise<Reply>;
}
