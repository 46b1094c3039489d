// test: the uniform assignor gives each partition to one member that wants it, evenly, and moves little.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TopicPartitions } from "../state/group-state.ts";
import type { AssignedMember, Assignment, AssignorInput } from "./assignor.ts";
import { uniformAssignor } from "./uniform.ts";

const none: TopicPartitions = new Map();

function member(
  memberId: string,
  topicIds: readonly string[],
  target = none,
  assigned = none,
): AssignedMember {
  return { memberId, instanceId: null, topicIds, target, assigned };
}

const loadOf = (partitions: TopicPartitions): number =>
  [...partitions.values()].reduce((sum, numbers) => sum + numbers.length, 0);

function moved(before: readonly AssignedMember[], after: Assignment): number {
  let count = 0;
  for (const { memberId, target } of before) {
    for (const [topicId, numbers] of target) {
      count += numbers.filter(
        (number) => after.get(memberId)?.get(topicId)?.includes(number) !== true,
      ).length;
    }
  }
  return count;
}

function expectWhole(input: AssignorInput, after: Assignment): void {
  expect([...after.keys()].sort()).toEqual(input.members.map((one) => one.memberId).sort());
  const owned = new Map<string, string>();
  for (const { memberId, topicIds } of input.members) {
    for (const [topicId, numbers] of after.get(memberId)!) {
      expect(topicIds).toContain(topicId);
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
      for (const number of numbers) {
        expect(owned.has(`${topicId}/${number}`)).toBe(false);
        owned.set(`${topicId}/${number}`, memberId);
      }
    }
  }
  const wanted = new Set(input.members.flatMap((one) => one.topicIds));
  const total = [...wanted].reduce((sum, topicId) => sum + (input.partitionCounts.get(topicId) ?? 0), 0);
  expect(owned.size).toBe(total);
}

function withTargets(input: AssignorInput, after: Assignment): AssignorInput {
  return { ...input, members: input.members.map((one) => ({ ...one, target: after.get(one.memberId)! })) };
}

/** Whether a chain of members leads from one to another that has two or more fewer. */
function canBeEvener(input: AssignorInput, after: Assignment): boolean {
  return input.members.some((start) => {
    const reached = new Set([start.memberId]);
    for (const memberId of reached) {
      for (const topicId of after.get(memberId)!.keys()) {
        for (const other of input.members) if (other.topicIds.includes(topicId)) reached.add(other.memberId);
      }
    }
    const load = loadOf(after.get(start.memberId)!);
    return [...reached].some((memberId) => loadOf(after.get(memberId)!) <= load - 2);
  });
}

const topics = ["t0", "t1", "t2", "t3"];
const counts = fc
  .array(fc.integer({ min: 0, max: 12 }), { minLength: 4, maxLength: 4 })
  .map((sizes) => new Map(topics.map((topicId, at) => [topicId, sizes[at]!])));
/** What members had before: anything, claims on gone partitions and double claims included. */
const target = fc
  .array(fc.tuple(fc.constantFrom(...topics, "gone"), fc.uniqueArray(fc.integer({ min: 0, max: 14 }))))
  .map((entries) => new Map(entries) as TopicPartitions);

describe("all subscribed to the same topics", () => {
  const input = fc.record({
    partitionCounts: counts,
    members: fc
      .array(fc.tuple(target, fc.option(fc.constant("i")), target), { minLength: 1, maxLength: 8 })
      .map((all) =>
        all.map(([before, instance, has], at) => ({
          ...member(`m${at}`, topics, before, has),
          instanceId: instance === null ? null : `${instance}${9 - at}`,
        })),
      ),
  });

  it("gives equally many or one more, and moves only what is too much", () => {
    fc.assert(
      fc.property(input, (given) => {
        const after = uniformAssignor.assign(given);
        expectWhole(given, after);
        const loads = [...after.values()].map(loadOf);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        // From what it has made itself nothing moves.
        const again = withTargets(given, after);
        expect(moved(again.members, uniformAssignor.assign(again))).toBe(0);
        // The order of the members does not matter.
        const turned = { ...given, members: [...given.members].reverse() };
        expect(uniformAssignor.assign(turned)).toEqual(after);
      }),
    );
  });

  it("moves no more than a new member must get, and nothing but what one that left had", () => {
    const before: AssignorInput = {
      partitionCounts: new Map([
        ["t0", 7],
        ["t1", 5],
      ]),
      members: ["a", "b", "c"].map((id) => member(id, ["t0", "t1"])),
    };
    const settled = withTargets(before, uniformAssignor.assign(before));
    const joined = { ...settled, members: [...settled.members, member("0", ["t0", "t1"])] };
    const after = uniformAssignor.assign(joined);
    expect(moved(settled.members, after)).toBe(3);
    const left = withTargets(joined, after).members.filter((one) => one.memberId !== "b");
    expect(moved(left, uniformAssignor.assign({ ...before, members: left }))).toBe(0);
  });

  it("gives the shares that are larger to those who have more already", () => {
    const given: AssignorInput = {
      partitionCounts: new Map([["t0", 5]]),
      members: [
        member("a", ["t0"], new Map([["t0", [0, 1]]])),
        member("b", ["t0"], new Map([["t0", [2, 3, 4]]])),
      ],
    };
    expect(moved(given.members, uniformAssignor.assign(given))).toBe(0);
  });

  it.each([
    ["one subscription", ["t0"]],
    ["different ones", ["t0", "t1"]],
  ])("leaves a partition that became free with the member that has it still: %s", (_, topicIds) => {
    // c was to get 2 and 3, and has gone before a gave up 3.
    const given: AssignorInput = {
      partitionCounts: new Map([["t0", 4]]),
      members: [
        member("a", ["t0"], new Map([["t0", [0]]]), new Map([["t0", [0, 3]]])),
        member("b", topicIds, new Map([["t0", [1]]]), new Map([["t0", [1]]])),
      ],
    };
    const after = uniformAssignor.assign(given);
    expect(after.get("a")).toEqual(new Map([["t0", [0, 3]]]));
    expect(after.get("b")).toEqual(new Map([["t0", [1, 2]]]));
  });

  it("spreads each topic over the members", () => {
    const given: AssignorInput = {
      partitionCounts: new Map([
        ["t0", 2],
        ["t1", 2],
      ]),
      members: [member("a", ["t0", "t1"]), member("b", ["t1", "t0"])],
    };
    expect(uniformAssignor.assign(given)).toEqual(
      new Map([
        [
          "a",
          new Map([
            ["t0", [0]],
            ["t1", [0]],
          ]),
        ],
        [
          "b",
          new Map([
            ["t0", [1]],
            ["t1", [1]],
          ]),
        ],
      ]),
    );
  });

  it("leaves members without partitions when there are too few, and knows a group without topics", () => {
    const given: AssignorInput = {
      partitionCounts: new Map([["t0", 1]]),
      members: [member("a", ["t0"]), member("b", ["t0"])],
    };
    expect([...uniformAssignor.assign(given).values()].map(loadOf)).toEqual([1, 0]);
    expect(uniformAssignor.assign({ partitionCounts: new Map(), members: [member("a", [])] })).toEqual(
      new Map([["a", new Map()]]),
    );
    expect(uniformAssignor.assign({ partitionCounts: new Map(), members: [] })).toEqual(new Map());
  });
});

describe("subscribed to different topics", () => {
  const input = fc.record({
    partitionCounts: counts,
    members: fc
      .array(fc.tuple(fc.uniqueArray(fc.constantFrom(...topics)), target, target), {
        minLength: 1,
        maxLength: 8,
      })
      .map((all) => all.map(([mine, before, has], at) => member(`m${at}`, mine, before, has))),
  });

  it("cannot be more even, and does not move what it has made itself", () => {
    fc.assert(
      fc.property(input, (given) => {
        const after = uniformAssignor.assign(given);
        expectWhole(given, after);
        expect(canBeEvener(given, after)).toBe(false);
        const again = withTargets(given, after);
        expect(moved(again.members, uniformAssignor.assign(again))).toBe(0);
        const turned = { ...given, members: [...given.members].reverse() };
        expect(uniformAssignor.assign(turned)).toEqual(after);
      }),
      { numRuns: 300 },
    );
  });

  it("passes partitions on along a chain of members", () => {
    // a and b share t0, b and c share t1: only through b can c take load off a.
    const given: AssignorInput = {
      partitionCounts: new Map([
        ["t0", 6],
        ["t1", 3],
      ]),
      members: [
        member("a", ["t0"], new Map([["t0", [0, 1, 2, 3]]])),
        member(
          "b",
          ["t0", "t1"],
          new Map([
            ["t0", [4, 5]],
            ["t1", [0, 1]],
          ]),
        ),
        member("c", ["t1"], new Map([["t1", [2]]])),
      ],
    };
    const after = uniformAssignor.assign(given);
    expect([...after.values()].map(loadOf)).toEqual([3, 3, 3]);
    expect(moved(given.members, after)).toBe(3);
  });
});

describe("sizes", () => {
  const topicIds = Array.from({ length: 100 }, (_, at) => `topic-${String(at).padStart(3, "0")}`);
  const partitionCounts = new Map(topicIds.map((topicId) => [topicId, 100]));

  it.each([
    ["one subscription", (): readonly string[] => topicIds],
    ["mixed subscriptions", (at: number) => topicIds.filter((_, topic) => (topic * 7 + at) % 3 !== 0)],
  ])("10,000 partitions for 1,000 members, half of whom are new: %s", (_, topicsOf) => {
    const members = Array.from({ length: 1_000 }, (_, at) => member(`member-${at}`, topicsOf(at)));
    const half: AssignorInput = { partitionCounts, members: members.slice(0, 500) };
    const settled = withTargets(half, uniformAssignor.assign(half));
    const after = uniformAssignor.assign({
      partitionCounts,
      members: [...settled.members, ...members.slice(500)],
    });
    const loads = [...after.values()].map(loadOf);
    expect([Math.min(...loads), Math.max(...loads)]).toEqual([10, 10]);
    // Half must move; along chains of mixed subscriptions some move twice.
    expect(moved(settled.members, after)).toBeLessThan(6_500);
  });
});
