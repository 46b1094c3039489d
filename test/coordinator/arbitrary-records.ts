// test: random records of groups, of every kind, and of few names, so that they meet.
import fc from "fast-check";
import type { WrittenRecord } from "../../cluster/coordinator/state/group-records.ts";

const uuids = ["AAAAAAAAAAAAAAAAAAAAAQ", "AAAAAAAAAAAAAAAAAAAAAg", "AAAAAAAAAAAAAAAAAAAAAw"] as const;
const groupId = fc.constantFrom("a", "b");
const memberId = fc.constantFrom("m", "n");
const topic = fc.constantFrom("t", "ü");
const text = fc.string({ unit: "grapheme", maxLength: 6 });
const nullableText = fc.option(text, { nil: null });
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const ms = fc.integer({ min: 0, max: 2 ** 42 });
const blob = fc.uint8Array({ maxLength: 5 });

const partitions = fc
  .uniqueArray(fc.nat(9), { maxLength: 3 })
  .map((numbers) => numbers.sort((one, other) => one - other));
const topicPartitions = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...uuids), partitions), { selector: ([id]) => id, maxLength: 2 })
  .map((entries) => new Map(entries));

// What the client asked for itself has no place for a leader epoch.
const committed = fc
  .record({ offset: ms, leaderEpoch: int, metadata: text, committedAtMs: ms, expiresAtMs: fc.constant(-1) })
  .chain((value) =>
    fc.constantFrom(value, { ...value, leaderEpoch: -1, expiresAtMs: value.committedAtMs + 5 }),
  );

const classicMember = fc.record({
  ...{ memberId, groupInstanceId: nullableText, clientId: text, clientHost: text },
  ...{ rebalanceTimeoutMs: fc.nat(), sessionTimeoutMs: fc.nat(), subscription: blob, assignment: blob },
});
const classicGroup = fc.record({
  ...{ protocolType: text, generation: int, protocol: nullableText, leader: nullableText },
  ...{ stateSinceMs: ms, members: fc.array(classicMember, { maxLength: 2 }) },
});
const classicSide = fc.record({
  sessionTimeoutMs: fc.nat(),
  protocols: fc.array(fc.record({ name: text, metadata: blob }), { maxLength: 2 }),
});
const memberFacts = fc.record({
  ...{ instanceId: nullableText, rackId: nullableText, clientId: text, clientHost: text },
  subscribedTopicNames: fc.array(text, { maxLength: 2 }),
  ...{ subscribedTopicRegex: nullableText, rebalanceTimeoutMs: fc.nat(), serverAssignor: nullableText },
  classic: fc.option(classicSide, { nil: null }),
});
const place = fc.record({
  ...{ memberEpoch: int, previousMemberEpoch: int, state: fc.constantFrom(0, 1, 2) },
  ...{ assigned: topicPartitions, pendingRevocation: topicPartitions },
});
const subscribed = fc
  .array(fc.tuple(topic, fc.record({ topicId: fc.constantFrom(...uuids), partitions: fc.nat() })))
  .map((entries) => new Map(entries));
const resolved = fc.record({
  ...{ topics: fc.array(text, { maxLength: 2 }), version: fc.nat(), resolvedAtMs: ms },
});

function kind<Kind extends WrittenRecord["kind"]>(
  name: Kind,
  keys: Record<string, fc.Arbitrary<unknown>>,
  value: fc.Arbitrary<unknown>,
): fc.Arbitrary<WrittenRecord> {
  const record = {
    kind: fc.constant(name),
    groupId,
    ...keys,
    value: fc.option(value, { nil: null, freq: 3 }),
  };
  return fc.record(record) as fc.Arbitrary<unknown> as fc.Arbitrary<WrittenRecord>;
}

const epoch = fc.record({ epoch: int });

/** One of every kind. */
export const recordsByKind = [
  kind("offset", { topic, partition: fc.nat(2) }, committed),
  kind("classicGroup", {}, classicGroup),
  kind("groupEpoch", {}, epoch),
  kind("subscribedTopics", {}, subscribed),
  kind("member", { memberId }, memberFacts),
  kind("targetEpoch", {}, epoch),
  kind("target", { memberId }, topicPartitions),
  kind("current", { memberId }, place),
  kind("regex", { regex: fc.constantFrom("x.*", "y") }, resolved),
];

export const groupRecord = fc.oneof(...recordsByKind);
