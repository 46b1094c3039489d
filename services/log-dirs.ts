// shell: the log directories of this broker as clients may ask about them.
import type { Disk } from "../base/ports/disk.ts";
import type { LogDirectory } from "../cluster/log/log-directory.ts";
import type { Partition } from "../cluster/replication/partition.ts";
import type { LogDirFacts } from "./broker/ports.ts";

export function logDirFacts(
  directories: readonly LogDirectory[],
  disk: Pick<Disk, "freeBytes">,
  partitions: () => Iterable<Partition>,
): LogDirFacts[] {
  return directories.map((directory) => ({
    path: directory.path,
    hasFailed: directory.failure !== null,
    usableBytes: directory.failure === null ? disk.freeBytes(directory.path) : -1,
    totalBytes: -1,
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
