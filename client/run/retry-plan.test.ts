// test: which topics belong to those that are read, and names that cannot be.
import { describe, expect, it } from "vitest";
import { deadLetter, retry, retryTopics } from "./failure-policy.ts";
import { RetryPlan } from "./retry-plan.ts";

const policy = retry({ attempts: 2 })
  .then(retryTopics({ delaysMs: [10, 20] }))
  .then(deadLetter());

const names = (topics: readonly { name: string }[]): string[] => topics.map((topic) => topic.name);

describe("a retry plan", () => {
  it("names the topics to be read besides, once", () => {
    const plan = new RetryPlan(policy);
    expect(plan.add(["a"])).toEqual([
      { name: "a-retry-1", of: "a", level: 1, delayMs: 10 },
      { name: "a-retry-2", of: "a", level: 2, delayMs: 20 },
    ]);
    expect(names(plan.add(["a", "b"]))).toEqual(["b-retry-1", "b-retry-2"]);
    expect(plan.find("a-retry-2")).toMatchObject({ of: "a", level: 2 });
    expect(plan.find("b")).toMatchObject({ of: "b", level: 0 });
    expect([plan.knows("b-retry-1"), plan.knows("c")]).toEqual([true, false]);
    expect([plan.retryTopic("a", 2), plan.deadLetter("a")]).toEqual(["a-retry-2", "a-dlq"]);
  });

  it("knows a retry topic that a pattern matched for what it is", () => {
    const plan = new RetryPlan(policy);
    expect(names(plan.add(["a-retry-1", "a", "a-retry-2"]))).toEqual(["a-retry-1", "a-retry-2"]);
    expect(plan.find("a-retry-1")).toMatchObject({ of: "a", level: 1 });
    expect(plan.add(["a-retry-2"])).toEqual([]);
  });

  it("has nothing to add where the policy has no topics", () => {
    const plan = new RetryPlan(retry({ attempts: 2 }));
    expect([plan.add(["a"]), plan.deadLetter("a"), plan.knows("a")]).toEqual([[], null, true]);
  });

  it("refuses names that cannot be, or that stand for two things", () => {
    const withName = (name: (topic: string, n: number) => string): RetryPlan =>
      new RetryPlan(retryTopics({ delaysMs: [10, 20], name }).then(deadLetter()));
    expect(() => withName((name) => name).add(["a"])).toThrow(
      'answers "a" for "a"; it should be another name',
    );
    expect(() => withName(() => "no spaces").add(["a"])).toThrow('answers "no spaces"');
    expect(() => withName(() => 5 as never).add(["a"])).toThrow("answers 5");
    expect(() => withName(() => "..").add(["a"])).toThrow('answers ".."');
    expect(() => withName(() => "same").add(["a"])).toThrow('the retry topic "same" of "a" has the name');
    expect(() => withName((name, n) => (n === 1 ? `${name}-dlq` : `${name}-2`)).add(["a"])).toThrow("a-dlq");
    const shared = withName((_name, n) => `retry-${n}`);
    shared.add(["a"]);
    expect(() => shared.add(["b"])).toThrow('the retry topic "retry-1" of "b"');
    const named = new RetryPlan(deadLetter({ topic: () => "x".repeat(250) }));
    expect(() => named.add(["a"])).toThrow("deadLetter: topic answers");
  });
});
