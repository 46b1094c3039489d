// shell: the log directories of this broker as clients may ask about them.
import { DiskError } from "../base/disk-error.ts";
import type { Disk } from "../base/ports/disk.ts";
import type { LogDirectory } from "../cluster/log/log-directory.ts";
import type { Partition } from "../cluster/replication/partition.ts";
import type { LogDirFacts } from "./broker/ports.ts";

export function logDirFacts(
  directories: readonly LogDirectory[],
  disk: Pick<Disk, "freeBytes" | "totalBytes">,
  partitions: () => Iterable<Partition>,
): LogDirFacts[] {
  return directories.map((directory) => ({
    path: directory.path,
    hasFailed: directory.failure !== null,
    ...roomOf(directory, disk),
    *replicas() {
      for (const partition of partitions()) {
        const isHere = partition.directoryId === directory.identity.directoryId;
        if (!isHere || partition.role === "offline") continue;
        const { topicName, partition: index } = partition.id;
        const offsetLag = Math.max(0, partition.highWatermark - partition.logEndOffset);
        yield { topicName, partition: index, sizeBytes: partition.log.sizeBytes, offsetLag };
      }
    },
  }));
}

/** A disk that fails when it is asked is found out by the next write; nobody knows its room (KIP-827). */
function roomOf(
  directory: LogDirectory,
  disk: Pick<Disk, "freeBytes" | "totalBytes">,
): { usableBytes: number; totalBytes: number } {
  const unknown = { usableBytes: -1, totalBytes: -1 };
  if (directory.failure !== null) return unknown;
  try {
    const { path } = directory;
    return { usableBytes: disk.freeBytes(path), totalBytes: disk.totalBytes(path) };
  } catch (error) {
    if (error instanceof DiskError) return unknown;
    throw error;
  }
}
