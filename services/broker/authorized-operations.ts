// core: the operations a client may do, as a set of bits, in answers that ask for them (KIP-430). Without an
// authorizer everybody may do everything.

/** Numbers of Kafka's AclOperation. */
const read = 3;
const write = 4;
const create = 5;
const remove = 6;
const alter = 7;
const describe = 8;
const clusterAction = 9;
const describeConfigs = 10;
const alterConfigs = 11;
const idempotentWrite = 12;

function bits(operations: readonly number[]): number {
  return operations.reduce((set, operation) => set | (1 << operation), 0);
}

/** What stands in an answer when nobody asked. */
export const operationsNotAsked = -2_147_483_648;

export const allTopicOperations = bits([
  read,
  write,
  create,
  remove,
  alter,
  describe,
  describeConfigs,
  alterConfigs,
]);

export const allClusterOperations = bits([
  create,
  alter,
  describe,
  clusterAction,
  describeConfigs,
  alterConfigs,
  idempotentWrite,
]);

export const allGroupOperations = bits([read, remove, describe, describeConfigs, alterConfigs]);
