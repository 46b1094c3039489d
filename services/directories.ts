// shell: the log directories of a node: opened together, of one cluster, and what each can say for its
// replicas.
import { DiskError } from "../base/disk-error.ts";
import type { Env } from "../base/ports/env.ts";
import type { Uuid } from "../base/uuid.ts";
import { ForeignDirectoryError } from "../cluster/log/identity-file.ts";
import { LogDirectory } from "../cluster/log/log-directory.ts";
import type { NodeConfig } from "./config/node-config.ts";

export interface Directories {
  readonly clusterId: string;
  readonly all: readonly LogDirectory[];
  /** Those of them that hold replicas (log.dirs). */
  readonly data: readonly LogDirectory[];
  /** Where Raft's log and votes are. */
  readonly metadata: LogDirectory;
}

export interface FailedDirectory {
  readonly directoryId: Uuid;
  readonly reason: string;
  /** It holds Raft's log: without it this process cannot go on. */
  readonly isMetadata: boolean;
}

/**
 * Throws ForeignDirectoryError when a folder is another cluster's or node's, DiskError ELOCKED when a process
 * has it.
 */
export async function openDirectories(
  config: NodeConfig,
  env: Env,
  onFailed: (failed: FailedDirectory) => void,
): Promise<Directories> {
  const paths = [...new Set([config.metadataLogDir, ...config.logDirs])];
  const all: LogDirectory[] = [];
  const open = (path: string): Promise<LogDirectory> =>
    openOne(path, config.clusterId ?? all[0]?.identity.clusterId ?? null, { config, env, onFailed });
  try {
    all.push(await open(paths[0]!));
    for (const path of paths.slice(1)) {
      const directory = await unlessBroken(env, path, () => open(path));
      if (directory !== null) all.push(directory);
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
  const data = all.filter(({ path }) => config.logDirs.includes(path));
  return { clusterId, all, data, metadata: all.find(({ path }) => path === config.metadataLogDir)! };
}

async function openOne(
  path: string,
  clusterId: string | null,
  parts: { config: NodeConfig; env: Env; onFailed: (failed: FailedDirectory) => void },
): Promise<LogDirectory> {
  const { config, env, onFailed } = parts;
  const { nodeId, diskReserveBytes: reserveBytes } = config;
  const directory: LogDirectory = await LogDirectory.open({
    ...{ env, path, clusterId, nodeId, reserveBytes },
    onFailed: (reason) =>
      onFailed({
        ...{ directoryId: directory.identity.directoryId, reason },
        isMetadata: path === config.metadataLogDir,
      }),
  });
  return directory;
}

/**
 * Null when the disk cannot be used: the node goes on without that folder, and its replicas are copied anew
 * to the others. Not so for the folder of the metadata, without which it has no vote and no memory.
 */
async function unlessBroken(
  env: Env,
  path: string,
  open: () => Promise<LogDirectory>,
): Promise<LogDirectory | null> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof DiskError) || error.code === "ELOCKED") throw error;
    const text = "a log directory cannot be used; this node goes on without it";
    env.log.error({ directory: path, error: error.message }, text);
    return null;
  }
}

/**
 * With flush policy `os` the last writes were perhaps only in the page cache: gone if the machine restarted
 * since and the stop was not in order. With `durable` nothing that counted was there only.
 */
export function mayHaveLostWrites(directory: LogDirectory, flushPolicy: NodeConfig["flushPolicy"]): boolean {
  return flushPolicy === "os" && !directory.wasClean && !directory.sameBoot;
}
