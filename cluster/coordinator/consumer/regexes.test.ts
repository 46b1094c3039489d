// test: subscriptions by regular expression: what matches, what is refused, how a group keeps up with topics.
import { describe, expect, it } from "vitest";
import { limits } from "../../../base/limits.ts";
import { refusal, TestGroup } from "../../../test/coordinator/consumer-group.ts";
import { checkRegex, resolveRegex } from "./regexes.ts";

const namesOf = (...names: string[]): Map<string, string> =>
  new Map(names.map((name) => [name, `id-${name}`]));

describe("an expression", () => {
  it("matches whole names, and no topic of the cluster itself", () => {
    const names = namesOf("orders", "orders-eu", "my-orders", "__consumer_offsets", "__mine");
    expect(resolveRegex("orders.*", names)).toEqual(["orders", "orders-eu"]);
    expect(resolveRegex(".*", names)).toEqual(["__mine", "my-orders", "orders", "orders-eu"]);
    expect(resolveRegex("(?i)ORDERS", names)).toEqual(["orders"]);
  });

  it("follows the topics that come and go, and answers the same list while nothing changed", () => {
    const regex = "follow-[0-9]+";
    const first = resolveRegex(regex, namesOf("follow-1", "other"));
    expect(first).toEqual(["follow-1"]);
    expect(resolveRegex(regex, namesOf("follow-1", "else"))).toBe(first);
    expect(resolveRegex(regex, namesOf("follow-2", "follow-1"))).toEqual(["follow-1", "follow-2"]);
    expect(resolveRegex(regex, namesOf("follow-2"))).toEqual(["follow-2"]);
    expect(resolveRegex(regex, namesOf())).toEqual([]);
  });

  it("is still right after it was forgotten for others", () => {
    const names = namesOf("forgotten-1");
    expect(resolveRegex("forgotten-.", names)).toEqual(["forgotten-1"]);
    for (let at = 0; at < limits.regexesCachedMax + 5; at++) checkRegex(`other-${at}`);
    expect(resolveRegex("forgotten-.", names)).toEqual(["forgotten-1"]);
  });

  it.each([
    ["not closed", "a("],
    ["a look-ahead, which RE2 has not", "(?=a)b"],
    ["too long", "a".repeat(limits.regexCharactersMax + 1)],
    ["too much work", "(a{1,1000}b{1,1000}c{1,1000}d{1,1000}e{1,1000}f{1,1000})"],
    ["repeats of repeats", "((a{100}){100}){100}"],
  ])("is refused when it is %s", (_, regex) => {
    expect(refusal(() => checkRegex(regex))).toBe("INVALID_REGULAR_EXPRESSION");
  });
});

describe("a group", () => {
  const byRegex = { subscribedTopicNames: null, subscribedTopicRegex: "logs-.*" };

  it("gets what matches at once, keeps it in its records, and forgets it with the last user", () => {
    const group = new TestGroup({ "logs-a": 1, "logs-b": 1, other: 1 });
    const reply = group.join("m1", [], byRegex);
    expect(reply.assignment?.topicPartitions).toHaveLength(2);
    expect(group.consumer.regexes.get("logs-.*")).toEqual({
      ...{ topics: ["logs-a", "logs-b"], version: 1, resolvedAtMs: 1_000_000 },
    });
    group.join("m2", [], byRegex);
    expect(group.records.filter((record) => record.kind === "regex")).toEqual([]);
    group.heartbeat({ memberId: "m2", memberEpoch: -1 });
    expect(group.consumer.regexes.size).toBe(1);
    group.heartbeat({ memberEpoch: 1, subscribedTopicRegex: "", subscribedTopicNames: ["other"] });
    expect(group.consumer.regexes.size).toBe(0);
    expect(group.consumer.members.get("m1")!.subscribedTopicRegex).toBe(null);
  });

  it("takes names and an expression together", () => {
    const group = new TestGroup({ "logs-a": 1, other: 2 });
    group.join("m1", ["other", "logs-a"], { subscribedTopicRegex: "logs-.*" });
    expect(group.assigned("m1")).toEqual({ "logs-a": [0], other: [0, 1] });
  });

  it("finds new topics at a heartbeat; several that come soon after one another make one rebalance", () => {
    const group = new TestGroup({ "logs-a": 1 });
    group.join("m1", [], byRegex);
    group.nowMs += 100;
    group.setTopics({ "logs-a": 1, "logs-b": 1 });
    group.heartbeat({ memberEpoch: 1 });
    expect(group.records).toEqual([]);
    group.setTopics({ "logs-a": 1, "logs-b": 1, "logs-c": 1 });
    group.nowMs += 900;
    expect(group.heartbeat({ memberEpoch: 1 })).toMatchObject({ memberEpoch: 2 });
    expect(group.assigned("m1")).toEqual({ "logs-a": [0], "logs-b": [0], "logs-c": [0] });
    group.setTopics({ "logs-c": 1, x: 1 });
    group.heartbeat({ memberEpoch: 2 });
    group.heartbeat({ memberEpoch: 2, topicPartitions: [] });
    expect(group.assigned("m1")).toEqual({ "logs-c": [0] });
    group.nowMs += 5_000;
    const { epoch } = group.consumer;
    group.heartbeat({ memberEpoch: epoch });
    expect(group.consumer.regexes.get("logs-.*")!.topics).toEqual(["logs-c"]);
    expect(group.consumer.epoch).toBe(epoch);
  });

  it("is told of topics that only its expression did not know yet", () => {
    const group = new TestGroup({ "logs-a": 1 });
    group.join("m1", [], byRegex);
    group.join("m2", ["logs-b"]);
    group.setTopics({ "logs-a": 1, "logs-b": 2 });
    group.nowMs += 10;
    group.heartbeat({ memberId: "m2", memberEpoch: 2 });
    expect(group.assigned("m2")).toEqual({ "logs-b": [0, 1] });
    group.nowMs += 5_000;
    group.heartbeat({ memberEpoch: 1 });
    expect(Object.fromEntries(group.consumer.target.get("m1")!)).toMatchObject({ "id-logs-a": [0] });
    expect(group.consumer.epoch).toBe(4);
  });

  it("refuses a member whose expression is not valid, and says why", () => {
    const group = new TestGroup({ t: 1 });
    group.join("m1");
    expect(refusal(() => group.join("m2", [], { subscribedTopicRegex: "[" }))).toBe(
      "INVALID_REGULAR_EXPRESSION",
    );
    expect(() => group.join("m2", [], { subscribedTopicRegex: "[" })).toThrow(
      /'\[', which is not valid \(RE2/,
    );
    expect([...group.consumer.members.keys()]).toEqual(["m1"]);
  });

  it("goes on by a clock that was set back", () => {
    const group = new TestGroup({ "logs-a": 1 });
    group.join("m1", [], byRegex);
    group.nowMs -= 500_000;
    group.setTopics({ "logs-a": 1, "logs-b": 1 });
    expect(group.heartbeat({ memberEpoch: 1 }).memberEpoch).toBe(2);
  });
});
