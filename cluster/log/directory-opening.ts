// shell: takes a folder for this node: makes it, locks it, and reads or gives its identity. Everything that
// an earlier process renamed or made there lasts once it resolves.
import type { Disk, DiskLock } from "../../base/ports/disk.ts";
import type { Random } from "../../base/ports/random.ts";
import { randomUuid } from "../../base/uuid.ts";
import { checkIdentity, type DirectoryIdentity, readIdentity, writeIdentity } from "./identity-file.ts";

export interface TakenDirectory {
  readonly lock: DiskLock;
  readonly identity: DirectoryIdentity;
}

/** Throws ForeignDirectoryError, or DiskError ELOCKED. */
export async function takeDirectory(
  env: { disk: Disk; random: Random },
  path: string,
  owner: { clusterId: string | null; nodeId: number },
): Promise<TakenDirectory> {
  const { disk, random } = env;
  disk.makeDirectory(path);
  await syncParents(disk, path);
  const lock = disk.lock(path);
  try {
    await disk.syncDirectory(path);
    let identity = readIdentity(disk, path);
    if (identity === null) {
      const clusterId = owner.clusterId ?? randomUuid(random);
      identity = { clusterId, nodeId: owner.nodeId, directoryId: randomUuid(random) };
      await writeIdentity(disk, path, identity);
    }
    checkIdentity(path, identity, owner);
    return { lock, identity };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The folder itself must last, and those above it, which may have been made with it. */
async function syncParents(disk: Disk, path: string): Promise<void> {
  for (let at = path.lastIndexOf("/"); at >= 0; at = path.lastIndexOf("/", at - 1)) {
    await disk.syncDirectory(path.slice(0, at) || "/");
    if (at === 0) return;
  }
}
