// shell: the folders of a log directory at its start: logs that are there, logs that were set aside, and what
// is left of deleted ones, which goes.
import type { Disk } from "../../base/ports/disk.ts";
import type { Uuid } from "../../base/uuid.ts";
import { readWholeFile } from "./atomic-file.ts";

export const deletedSuffix = "-delete";
/** Set aside, and the controller does not know of it. */
export const damagedSuffix = "-damaged";
/** Set aside, and the replica has left the in-sync set: kept for people to look at. */
export const setAsideSuffix = "-aside";

export interface FoundLog {
  readonly topicName: string;
  readonly partition: number;
  readonly topicId: Uuid;
}

/** `nameless`: folders of logs that do not say of which topic they are. */
export function findLogs(
  disk: Disk,
  directory: string,
): { logs: FoundLog[]; damaged: string[]; nameless: string[] } {
  const logs: FoundLog[] = [];
  const damaged: string[] = [];
  const nameless: string[] = [];
  for (const name of disk.list(directory)) {
    const path = `${directory}/${name}`;
    if (!disk.isDirectory(path)) continue;
    if (name.endsWith(deletedSuffix)) {
      disk.removeTree(path);
      continue;
    }
    if (name.endsWith(damagedSuffix)) damaged.push(path);
    if (name.endsWith(damagedSuffix) || name.endsWith(setAsideSuffix)) continue;
    const parts = /^(.+)-(\d+)$/.exec(name);
    const metadata = readWholeFile(disk, `${path}/partition.metadata`);
    const topicId = metadata && /^topic_id: (\S{22})$/m.exec(Buffer.from(metadata).toString("utf8"))?.[1];
    if (parts && !topicId) nameless.push(name);
    if (!parts || !topicId) continue;
    logs.push({ topicName: parts[1]!, partition: Number(parts[2]), topicId });
  }
  return { logs, damaged, nameless };
}
