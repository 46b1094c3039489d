// shell: the identity of a log directory, in its file meta.properties: which cluster and node it belongs to,
// and its own id.
import type { Disk } from "../../base/ports/disk.ts";
import type { Uuid } from "../../base/uuid.ts";
import { readWholeFile, replaceFile } from "./atomic-file.ts";

export const formatVersion = 1;
const fileName = "meta.properties";

export interface DirectoryIdentity {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: Uuid;
}

/** A folder that is not what the configuration says, or of a newer format: wrong input, exit code 2. */
export class ForeignDirectoryError extends Error {
  readonly exitCode = 2;

  constructor(message: string) {
    super(message);
    this.name = "ForeignDirectoryError";
  }
}

/** Null when the folder was never formatted. Throws ForeignDirectoryError. */
export function readIdentity(disk: Disk, path: string): DirectoryIdentity | null {
  const bytes = readWholeFile(disk, `${path}/${fileName}`);
  if (bytes === null) return null;
  const entries = Buffer.from(bytes)
    .toString("utf8")
    .split("\n")
    .filter((line) => line.includes("="))
    .map((line): [string, string] => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  const values = new Map(entries);
  const version = Number(values.get("version"));
  if (version > formatVersion) {
    throw new ForeignDirectoryError(
      `${path} has format version ${version}; this Ottla knows versions up to ${formatVersion}: use the ` +
        `newer Ottla that wrote it`,
    );
  }
  const clusterId = values.get("cluster.id");
  const nodeId = Number(values.get("node.id"));
  const directoryId = values.get("directory.id");
  if (version !== formatVersion || !clusterId || !directoryId || !Number.isInteger(nodeId)) {
    throw new ForeignDirectoryError(
      `${path}/${fileName} is damaged: it lacks version, cluster.id, node.id or directory.id`,
    );
  }
  return { clusterId, nodeId, directoryId };
}

export async function writeIdentity(disk: Disk, path: string, identity: DirectoryIdentity): Promise<void> {
  disk.makeDirectory(path);
  const text =
    `version=${formatVersion}\ncluster.id=${identity.clusterId}\nnode.id=${identity.nodeId}\n` +
    `directory.id=${identity.directoryId}\n`;
  await replaceFile(disk, path, fileName, Buffer.from(text));
}

/** Throws ForeignDirectoryError when the folder belongs to another cluster or node. */
export function checkIdentity(
  path: string,
  found: DirectoryIdentity,
  wanted: { clusterId: string | null; nodeId: number },
): void {
  if (wanted.clusterId !== null && found.clusterId !== wanted.clusterId) {
    throw new ForeignDirectoryError(
      `${path} belongs to cluster ${found.clusterId}, this node is configured for cluster ` +
        `${wanted.clusterId}; ` +
        "name another folder in log.dirs, or the right cluster.id",
    );
  }
  if (found.nodeId !== wanted.nodeId) {
    throw new ForeignDirectoryError(
      `${path} belongs to node ${found.nodeId}, this is node ${wanted.nodeId}; name another folder in ` +
        `log.dirs, or the right node.id`,
    );
  }
}
