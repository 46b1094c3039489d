// shell: the log directories of a node: opened together, of one cluster, and what each can say for its
// replicas.
import type { Env } from "../base/ports/env.ts";
import type { Uuid } from "../base/uuid.ts";
import { ForeignDirectoryError } from "../cluster/log/identity-file.ts";
import { LogDirectory } from "../cluster/log/log-directory.ts";
import type { NodeConfig } from "./config/node-config.ts";

export interface Directories {
  readonly clusterId: string;
  readonly all: readonly LogDirectory[];
  /** Where Raft's log and votes are. */
  readonly metadata: LogDirectory;
}

/**
 * Throws ForeignDirectoryError when a folder is another cluster's or node's, DiskError ELOCKED when a process
 * has it.
 */
export async function openDirectories(
  config: NodeConfig,
  env: Env,
  onFailed: (directoryId: Uuid, reason: string) => void,
): Promise<Directories> {
  const paths = [...new Set([config.metadataLogDir, ...config.logDirs])];
  const all: LogDirectory[] = [];
  try {
    for (const path of paths) {
      const clusterId: string | null = config.clusterId ?? all[0]?.identity.clusterId ?? null;
      const directory: LogDirectory = await LogDirectory.open({
        env,
        path,
        clusterId,
        nodeId: config.nodeId,
        reserveBytes: config.diskReserveBytes,
        onFailed: (reason) => onFailed(directory.identity.directoryId, reason),
      });
      all.push(directory);
    }
  } catch (error) {
    for (const directory of all) await directory.close();
    throw error;
  }
  const clusterId = all[0]!.identity.clusterId;
  const stranger = all.find(({ identity }) => identity.clusterId !== clusterId);
  if (stranger) {
    throw new ForeignDirectoryError(
      `${stranger.path} belongs to cluster ${stranger.identity.clusterId}, ${all[0]!.path} to ` +
        `${clusterId}; they cannot be of one node`,
    );
  }
  return { clusterId, all, metadata: all.find(({ path }) => path === config.metadataLogDir)! };
}

/**
 * With flush policy `os` the last writes were perhaps only in the page cache: gone if the machine restarted
 * since and the stop was not in order. With `durable` nothing that counted was there only.
 */
export function mayHaveLostWrites(directory: LogDirectory, flushPolicy: NodeConfig["flushPolicy"]): boolean {
  return flushPolicy === "os" && !directory.wasClean && !directory.sameBoot;
}
