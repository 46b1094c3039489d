// adapter: the identities a new development cluster is formatted with.
import { randomBytes } from "node:crypto";
import { randomUuid, type Uuid } from "../../base/uuid.ts";

export interface ClusterIds {
  clusterId: Uuid;
  directories: Map<number, Uuid>;
}

export function newClusterIds(nodeIds: readonly number[]): ClusterIds {
  const random = {
    uint32: () => randomBytes(4).readUInt32BE(),
    float: () => randomBytes(4).readUInt32BE() / 2 ** 32,
    bytes: (length: number) => new Uint8Array(randomBytes(length)),
  };
  return {
    clusterId: randomUuid(random),
    directories: new Map(nodeIds.map((id) => [id, randomUuid(random)])),
  };
}
