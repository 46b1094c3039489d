// shell: what a consensus node finds in its folder when it starts, made to fit together: the vote, the latest
// snapshot, and a log that goes on where the snapshot ends.
import type { Env } from "../../../base/ports/env.ts";
import type { Uuid } from "../../../base/uuid.ts";
import type { ReplicaLog } from "../../log/replica-log.ts";
import { untilRoom } from "../../log/until-room.ts";
import type { HardState } from "../core/words.ts";
import type { Snapshot } from "./snapshot-bytes.ts";
import { SnapshotStore } from "./snapshot-store.ts";
import { VoteFile } from "./vote-file.ts";

export interface RaftStorage {
  readonly voteFile: VoteFile;
  readonly hardState: HardState;
  readonly snapshots: SnapshotStore;
  readonly snapshot: Snapshot | null;
}

/** Throws an Error that says what is wrong when the parts cannot belong together. */
export async function openStorage(options: {
  env: Env;
  folder: string;
  nodeId: number;
  directoryId: Uuid;
  log: ReplicaLog;
}): Promise<RaftStorage> {
  const { env, folder, nodeId, directoryId, log } = options;
  const { disk, codecs } = env;
  const voteFile = new VoteFile({ disk, codecs, folder, nodeId, directoryId });
  const found = voteFile.read();
  const snapshots = new SnapshotStore(await env.kv.open(`${folder}/snapshots`), codecs);
  try {
    const snapshot = await snapshots.load();
    const isUsed = log.end > 0 || snapshot !== null;
    if (found === null && isUsed) {
      throw new Error(
        `the metadata folder "${folder}" has a log up to ${log.end} but no vote file: without its vote ` +
          "this node could vote twice in a term; remove it from the voters and add it again with an empty " +
          "folder",
      );
    }
    const hardState = found ?? { term: 0, vote: null };
    if (found === null) await untilRoom(env.clock, () => voteFile.write(hardState));
    else await voteFile.makeLast();
    fitTogether(log, snapshot, folder);
    return { voteFile, hardState, snapshots, snapshot };
  } catch (error) {
    await snapshots.close();
    throw error;
  }
}

function fitTogether(log: ReplicaLog, snapshot: Snapshot | null, folder: string): void {
  const end = snapshot?.end ?? 0;
  if (log.startOffset > end) {
    throw new Error(
      `the metadata log in "${folder}" begins at ${log.startOffset}, but the latest snapshot ends ` +
        `at ${end}: what lies between is missing`,
    );
  }
  if (snapshot === null || end === log.startOffset) return;
  // Entries that the snapshot covers may have been lost with the page cache, or entries that had been cut may
  // be back: the snapshot was on disk before the log was changed, and it is right.
  if (log.end >= end && log.epochAt(end - 1) === snapshot.epoch) return;
  log.truncateFullyAndStartAt(end);
  log.requestSync();
}
