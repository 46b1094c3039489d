// test: which step a failure policy takes, and which policies cannot be written.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  deadLetter,
  type Failure,
  type FailurePolicy,
  nextStep,
  policyRule,
  retry,
  retryTopics,
  skip,
  stop,
} from "./failure-policy.ts";

const failed = (changes: Partial<Failure> = {}): Failure => {
  return { attempt: 1, level: 0, isPoison: false, draw: 0.5, ...changes };
};

const whole = retry({ attempts: 3, backoffMs: 100, maxBackoffMs: 150 })
  .then(retryTopics({ delaysMs: [10_000, 60_000] }))
  .then(deadLetter());

/** Everything that happens to a record that always fails. */
function life(policy: FailurePolicy, isPoison = false): string[] {
  const steps: string[] = [];
  let [level, attempt] = [0, 1];
  for (let round = 0; round < 1000; round++) {
    const step = nextStep(policy, failed({ level, attempt, isPoison }));
    steps.push("delayMs" in step ? `${step.kind} ${step.delayMs}` : step.kind);
    if (step.kind === "again") attempt++;
    else if (step.kind === "retryTopic") [level, attempt] = [step.level, 1];
    else return steps;
  }
  throw new Error("it should end");
}

describe("a failure policy", () => {
  it("goes through its stages, one after the other", () => {
    const topics = ["retryTopic 10000", "retryTopic 60000"];
    expect(life(whole)).toEqual(["again 100", "again 150", ...topics, "deadLetter"]);
    expect(life(retryTopics({ delaysMs: [5] }).then(skip()))).toEqual(["retryTopic 5", "skip"]);
    expect(life(retry({ attempts: 1 }).then(stop()))).toEqual(["stop"]);
    expect(life(deadLetter())).toEqual(["deadLetter"]);
  });

  it("stops after its last stage, and without any", () => {
    expect(life(retry({ attempts: 2, backoffMs: 7 }))).toEqual(["again 7", "stop"]);
    expect(life(retryTopics({ delaysMs: [5] }))).toEqual(["retryTopic 5", "stop"]);
    expect(life(policyRule.defaultValue!)).toEqual(["stop"]);
  });

  it("goes past all retries for what trying again would not help", () => {
    expect(life(whole, true)).toEqual(["deadLetter"]);
    expect(life(retry({ attempts: 9 }).then(skip()), true)).toEqual(["skip"]);
    expect(life(retry({ attempts: 9 }), true)).toEqual(["stop"]);
    expect(nextStep(whole, failed({ level: 1, isPoison: true }))).toEqual({ kind: "deadLetter" });
  });

  it("waits longer each time, within its bounds, whatever the draw", () => {
    const given = fc.record({
      attempt: fc.integer({ min: 1, max: 999 }),
      draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      backoffMs: fc.integer({ min: 0, max: 10_000 }),
    });
    const check = ({
      attempt,
      draw,
      jitter,
      factor,
      backoffMs,
    }: typeof given extends fc.Arbitrary<infer T> ? T : never) => {
      const policy = retry({ attempts: 1_000, backoffMs, factor, jitter, maxBackoffMs: 20_000 });
      const step = nextStep(policy, failed({ attempt, draw }));
      if (step.kind !== "again") throw new Error(step.kind);
      const plain = backoffMs === 0 ? 0 : Math.min(20_000, backoffMs * factor ** (attempt - 1));
      expect(step.delayMs).toBeGreaterThanOrEqual(plain * (1 - jitter) - 0.001);
      expect(step.delayMs).toBeLessThanOrEqual(Math.min(20_000, plain * (1 + jitter)) + 0.001);
    };
    fc.assert(fc.property(given, check));
  });

  it("cannot be written in a wrong order, or with values that cannot be", () => {
    expect(() => deadLetter().then(retry({ attempts: 2 }))).toThrow("retry cannot come after deadLetter");
    expect(() => retryTopics({ delaysMs: [1] }).then(retry({ attempts: 2 }))).toThrow("cannot come after");
    expect(() => stop().then(skip())).toThrow("skip cannot come after stop");
    expect(() => retry({ attempts: 2 }).then(retry({ attempts: 2 }))).toThrow(
      "retry cannot come after retry",
    );
    expect(() => retry({} as never)).toThrow('the option "attempts" must be given');
    expect(() => retry({ attempts: 0 })).toThrow("attempts is 0; it should be a whole number from 1");
    expect(() => retry({ attempts: 2, jitter: 2 })).toThrow("jitter is 2; it should be a number from 0 to 1");
    expect(() => retry({ attempts: 2, factor: 0.5 })).toThrow("factor is 0.5");
    expect(() => retry({ attempts: 2, backofMs: 5 } as never)).toThrow('did you mean "backoffMs"');
    expect(() => retryTopics({ delaysMs: [] })).toThrow("delaysMs is a list; it should be a list of 1 to 32");
    expect(() => retryTopics({ delaysMs: [1.5] })).toThrow("whole numbers of milliseconds");
    expect(() => retryTopics({ delaysMs: [1], name: "x" as never })).toThrow(
      "a function that answers a name",
    );
    expect(() => deadLetter({ topic: "x" as never })).toThrow("a function that answers a name");
    expect(policyRule.problem({ stages: [] })).toContain("what retry(...)");
    expect(policyRule.problem(skip())).toBe(null);
  });

  it("is no promise: awaiting it is an error that says so", async () => {
    // @ts-expect-error the compiler says so too
    const make = async (): Promise<unknown> => retry({ attempts: 2 });
    await expect(make()).rejects.toThrow("a failure policy is no promise");
  });
});
