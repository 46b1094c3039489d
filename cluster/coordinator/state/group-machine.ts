// core: one shard of groups as a state machine for cluster/machine.
import type { Log } from "../../../base/ports/log.ts";
import { BrokerError, ProtocolError } from "../../../proto/errors.ts";
import type { Machine } from "../../machine/machine.ts";
import type { GroupRecord, WrittenRecord } from "./group-records.ts";
import type { OwnedMaps } from "./group-table.ts";
import { decodeGroupRecord, encodeGroupRecord } from "./record-codec.ts";
import { emptyShard, replayGroupRecords, type ShardChange, type ShardState } from "./replay.ts";

/**
 * A record that cannot be read was written by somebody else, or by a newer release: it is told of and left
 * alone, so that one of them does not take all groups of its shard away.
 */
export function groupMachine(
  name: string,
  log: Log,
  isLoading: () => boolean,
): Machine<ShardState, GroupRecord, ShardChange, WrittenRecord> {
  // While it loads nobody else holds a state: maps are changed in place rather than copied.
  let owned: OwnedMaps | undefined = new Set();
  return {
    name,
    initial: emptyShard,
    replay: (state, entries) => {
      if (!isLoading()) owned = undefined;
      return replayGroupRecords(state, entries, owned);
    },
    encode: encodeGroupRecord,
    decode: (bytes) => {
      try {
        return decodeGroupRecord(bytes);
      } catch (error) {
        if (!(error instanceof BrokerError || error instanceof ProtocolError)) throw error;
        log.error({ shard: name, error: error.message }, "a record of groups cannot be read");
        return { kind: "other" };
      }
    },
    // The log is compacted: it has the last of every key.
    snapshots: null,
  };
}
