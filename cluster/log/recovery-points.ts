// shell: recovery points of the logs of a directory rise to where the logs are.
//
// Keeps true: a recovery point passes no epoch that the log's file of epochs lacks: what is below the point
// is not read at a start, so nothing else would tell of it.
import type { DirectoryOffsets } from "./directory-offsets.ts";
import type { PartitionLog } from "./partition-log.ts";

/** Where a thousand logs have new leaders they catch up over some calls; a start would read a little more. */
const epochFilesAtOnce = 16;
const epochFilesMax = 64;

export async function raiseRecoveryPoints(
  logs: ReadonlyMap<string, PartitionLog>,
  offsets: DirectoryOffsets,
): Promise<void> {
  const risen = [...logs].filter(([name, log]) => log.recoveryPoint > offsets.get("recovery", name));
  const behind = risen.filter(([, { folder }]) => folder.areEpochsBehind).slice(0, epochFilesMax);
  const catchUp = async (): Promise<void> => {
    for (let next = behind.shift(); next !== undefined; next = behind.shift())
      await next[1].folder.catchUpEpochs();
  };
  await Promise.all(Array.from({ length: epochFilesAtOnce }, catchUp));
  for (const [name, log] of risen) {
    // It may have been cut meanwhile, or deleted, and another made under its name.
    const isStill = logs.get(name) === log && !log.folder.areEpochsBehind;
    if (isStill && log.recoveryPoint > offsets.get("recovery", name))
      offsets.set("recovery", name, log.recoveryPoint);
  }
}
