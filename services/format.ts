// entry: gives a log directory its identity before a node first starts on it, as `ottla dev` and scripts do.
import { realDisk } from "../base/real/disk.ts";
import type { Uuid } from "../base/uuid.ts";
import { checkIdentity, readIdentity, writeIdentity } from "../cluster/log/identity-file.ts";

/** Nothing happens when it has that identity already; throws ForeignDirectoryError when it has another. */
export async function formatLogDirectory(options: {
  path: string;
  clusterId: Uuid;
  nodeId: number;
  directoryId: Uuid;
}): Promise<void> {
  const disk = realDisk();
  const { path, ...identity } = options;
  const found = readIdentity(disk, path);
  if (found === null) await writeIdentity(disk, path, identity);
  else checkIdentity(path, found, identity);
}
