// test: the assignors: what every division keeps true, how even and how sticky they are, and the bytes that
// members tell each other.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inOrder, keyOf, samePlaces, type TopicPartition } from "../places.ts";
import type { Assignor, AssignorMember, AssignorQuestion } from "./assignor.ts";
import { isCooperative, knownAssignors } from "./known-assignors.ts";
import { readStickyPast, writeStickyPast } from "./sticky.ts";
import { readAssignment, readMember, writeAssignment, writeSubscription } from "./subscription-bytes.ts";

const { range, roundRobin, sticky, cooperativeSticky } = knownAssignors;
const topicNames = ["a", "b", "c", "d"];

function member(
  memberId: string,
  topics: readonly string[],
  more: Partial<AssignorMember> = {},
): AssignorMember {
  const nothing = {
    groupInstanceId: null,
    userData: null,
    ownedPartitions: [],
    generationId: -1,
    rackId: null,
  };
  return { memberId, topics, ...nothing, ...more };
}

const questions = fc
  .record({
    counts: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 }),
    members: fc.array(
      fc.record({
        topics: fc.uniqueArray(fc.constantFrom(...topicNames), { minLength: 1, maxLength: 4 }),
        isStatic: fc.boolean(),
      }),
      { minLength: 1, maxLength: 7 },
    ),
  })
  .map(
    ({ counts, members }): AssignorQuestion => ({
      partitionCounts: new Map(
        topicNames.map((name, at) => [name, counts[at]!] as const).filter((e) => e[1] > 0),
      ),
      members: members.map(({ topics, isStatic }, at) =>
        member(`m${at}`, topics, { groupInstanceId: isStatic ? `i${at}` : null }),
      ),
    }),
  );

type Division = ReadonlyMap<string, readonly TopicPartition[]>;

/** Every partition that somebody wants at exactly one of those who want it (or, withheld, at nobody). */
function expectValid(question: AssignorQuestion, division: Division, isWithholding = false): void {
  const seen = new Set<string>();
  for (const { memberId, topics } of question.members) {
    for (const place of division.get(memberId)!) {
      expect(topics).toContain(place.topic);
      expect(seen.has(keyOf(place))).toBe(false);
      seen.add(keyOf(place));
    }
  }
  const wanted = new Set(question.members.flatMap((item) => item.topics));
  let count = 0;
  for (const [topic, partitions] of question.partitionCounts) if (wanted.has(topic)) count += partitions;
  if (!isWithholding) expect(seen.size).toBe(count);
}

/** No chain of moves leads from a member to one that has at least two less: brute force over members. */
function expectEven(question: AssignorQuestion, division: Division): void {
  const load = (id: string): number => division.get(id)!.length;
  for (const { memberId: start } of question.members) {
    const reached = new Set([start]);
    for (const from of reached) {
      for (const other of question.members) {
        if (division.get(from)!.some((place) => other.topics.includes(place.topic)))
          reached.add(other.memberId);
      }
    }
    for (const other of reached) expect(load(start) - load(other)).toBeLessThan(2);
  }
}

function next(
  question: AssignorQuestion,
  division: Division,
  generationId: number,
  of: Assignor,
): AssignorQuestion {
  const members = question.members.map((item) => {
    const last = division.get(item.memberId) ?? [];
    return {
      ...item,
      generationId,
      ownedPartitions: of.rebalance === "cooperative" ? last : [],
      userData: of.userData({ lastAssignment: last, lastGenerationId: generationId }),
    };
  });
  return { ...question, members };
}

describe("assignors", () => {
  it.each([range, roundRobin, sticky, cooperativeSticky])(
    "$name: every partition once, to a subscriber",
    (one) => {
      fc.assert(fc.property(questions, (question) => expectValid(question, one.assign(question))));
    },
  );

  it.each([sticky, cooperativeSticky])("$name: as even as subscriptions allow", (one) => {
    fc.assert(
      fc.property(questions, (question) => expectEven(question, one.assign(question))),
      { numRuns: 300 },
    );
  });

  it.each([sticky, cooperativeSticky])("$name: nothing moves when nothing changed", (one) => {
    fc.assert(
      fc.property(questions, (question) => {
        const first = one.assign(question);
        const again = one.assign(next(question, first, 1, one));
        for (const [id, places] of again) expect(samePlaces(places, first.get(id)!)).toBe(true);
      }),
    );
  });

  it.each([sticky, cooperativeSticky])(
    "$name: no more moves than a new or a lost member makes needed",
    (one) => {
      const sizes = fc.record({
        members: fc.integer({ min: 2, max: 8 }),
        count: fc.integer({ min: 1, max: 40 }),
      });
      fc.assert(
        fc.property(sizes, ({ members: size, count }) => {
          const members = Array.from({ length: size }, (_, at) => member(`m${at}`, ["a"]));
          const question = { members, partitionCounts: new Map([["a", count]]) };
          const first = one.assign(question);
          const grown = next({ ...question, members: [...members, member("new", ["a"])] }, first, 1, one);
          const second = one.assign(grown);
          // Whatever the newcomer gets was taken from others; between the others nothing goes.
          for (const { memberId } of members) {
            const before = new Set(first.get(memberId)!.map(keyOf));
            expect(second.get(memberId)!.every((place) => before.has(keyOf(place)))).toBe(true);
          }
          const shrunk = next({ ...question, members: members.slice(1) }, first, 1, one);
          const third = one.assign(shrunk);
          for (const { memberId } of members.slice(1)) {
            const after = new Set(third.get(memberId)!.map(keyOf));
            expect(first.get(memberId)!.every((place) => after.has(keyOf(place)))).toBe(true);
          }
          expectEven(shrunk, third);
        }),
      );
    },
  );

  it("cooperative-sticky withholds what another still holds, and is even after a few rounds", () => {
    fc.assert(
      fc.property(questions, questions, (question, earlier) => {
        // Any former division among members of the same names, by other subscriptions.
        const first = cooperativeSticky.assign(earlier);
        const known = new Map(
          [...first].filter(([id]) => question.members.some((item) => item.memberId === id)),
        );
        const asked = next(question, known, 1, cooperativeSticky);
        const second = cooperativeSticky.assign(asked);
        expectValid(asked, second, true);
        for (const item of asked.members) {
          for (const place of second.get(item.memberId)!) {
            const others = asked.members.filter((other) => other !== item);
            expect(others.some((other) => other.ownedPartitions.some((o) => keyOf(o) === keyOf(place)))).toBe(
              false,
            );
          }
        }
        // What was given up may make room for another move: each round withholds less, until nothing is.
        let division = second;
        for (let round = 2; round <= 6; round++) {
          const kept = new Map(asked.members.map(({ memberId }) => [memberId, division.get(memberId)!]));
          division = cooperativeSticky.assign(next(question, kept, round, cooperativeSticky));
        }
        expectValid(question, division);
        expectEven(question, division);
      }),
    );
  });

  it("of two that claim a partition the newer generation counts, of equals none", () => {
    const claims = (one: number, other: number): AssignorQuestion => ({
      partitionCounts: new Map([["a", 1]]),
      members: [
        member("m1", ["a"], { userData: writeStickyPast([{ topic: "a", partition: 0 }], one) }),
        member("m2", ["a"], { userData: writeStickyPast([{ topic: "a", partition: 0 }], other) }),
      ],
    });
    expect(sticky.assign(claims(3, 4)).get("m2")).toHaveLength(1);
    expect(sticky.assign(claims(4, 3)).get("m1")).toHaveLength(1);
    expect(sticky.assign(claims(4, 4)).get("m1")).toHaveLength(1);
  });

  it("range divides as Kafka does, equal topics alike", () => {
    const members = [
      member("c2", ["a", "b"]),
      member("c1", ["a", "b"]),
      member("x", ["a", "b"], { groupInstanceId: "i" }),
    ];
    const division = range.assign({
      members,
      partitionCounts: new Map([
        ["a", 4],
        ["b", 4],
      ]),
    });
    const list = (id: string): string =>
      division
        .get(id)!
        .map((place) => place.topic + place.partition)
        .join();
    // Static members come first, then by member id.
    expect([list("x"), list("c1"), list("c2")]).toEqual(["a0,a1,b0,b1", "a2,b2", "a3,b3"]);
  });

  it("roundrobin goes over topics and skips whom a topic does not concern", () => {
    const members = [member("c1", ["a"]), member("c2", ["a", "b"]), member("c3", ["a", "b", "c"])];
    const counts = new Map([
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ]);
    const division = roundRobin.assign({ members, partitionCounts: counts });
    const list = (id: string): string =>
      division
        .get(id)!
        .map((place) => place.topic + place.partition)
        .join();
    // The example in the documentation of Kafka's RoundRobinAssignor.
    expect([list("c1"), list("c2"), list("c3")]).toEqual(["a0", "b0", "b1,c0,c1,c2"]);
  });

  it("a member is cooperative only when all its assignors are", () => {
    expect(isCooperative([range, cooperativeSticky])).toBe(false);
    expect(isCooperative([cooperativeSticky])).toBe(true);
  });
});

describe("what members tell each other", () => {
  const places = [
    { topic: "b", partition: 1 },
    { topic: "a", partition: 7 },
    { topic: "b", partition: 0 },
  ];

  it("goes there and back", () => {
    const given = {
      topics: ["b", "a"],
      userData: Buffer.from("x"),
      ownedPartitions: places,
      generationId: 5,
      rackId: "r",
    };
    const metadata = writeSubscription(given);
    const read = readMember({ memberId: "m", groupInstanceId: null, metadata });
    expect(read).toMatchObject({ topics: ["a", "b"], generationId: 5, rackId: "r", memberId: "m" });
    expect(read.ownedPartitions).toEqual(inOrder(places));
    expect(readAssignment(writeAssignment(places))).toEqual(inOrder(places));
    expect(readAssignment(new Uint8Array())).toEqual([]);
    expect(readStickyPast(writeStickyPast(places, 9))).toEqual({ places: inOrder(places), generationId: 9 });
  });

  it("is read from the bytes of other clients, older and newer", () => {
    // Version 0, as old clients write it: topics, user data, nothing else.
    const old = Buffer.from("0000" + "00000001" + "000161" + "00000000", "hex");
    const fromOld = readMember({ memberId: "m", groupInstanceId: null, metadata: old });
    expect(fromOld).toMatchObject({ topics: ["a"], ownedPartitions: [], generationId: -1, rackId: null });
    // A version to come: what is known of it is read.
    const newest = Buffer.concat([
      Buffer.from("0009", "hex"),
      writeSubscription({
        topics: ["a"],
        userData: null,
        ownedPartitions: [],
        generationId: 4,
        rackId: null,
      }).subarray(2),
      Buffer.from("more"),
    ]);
    expect(readMember({ memberId: "m", groupInstanceId: null, metadata: newest }).generationId).toBe(4);
    expect(() => readMember({ memberId: "m", groupInstanceId: null, metadata: Buffer.from("x") })).toThrow();
    // Version 0 of the sticky assignor's bytes has no generation.
    const past = Buffer.from(writeStickyPast(places, 9)).subarray(0, -4);
    expect(readStickyPast(past)).toEqual({ places: inOrder(places), generationId: -1 });
    expect(readStickyPast(Buffer.from("00000009ffff", "hex"))).toBe(null);
  });
});
