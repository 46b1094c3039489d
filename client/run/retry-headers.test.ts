// test: headers of retry and dead-letter topics: there and back, bounded, and nothing of the original lost.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorHeaders, type RawHeader, readRetryHeaders, retryHeaders, waitMs } from "./retry-headers.ts";

const origin = { topic: "orders", partition: 3, offset: 17, timestamp: 1_700_000_000_000 };
const state = { origin, attempts: 5, dueMs: 1_700_000_060_000 };

const header = (key: string, value: string | null): RawHeader => {
  return { key, value: value === null ? null : Buffer.from(value) };
};

function texts(headers: readonly RawHeader[]): Record<string, string | null> {
  const pairs = headers.map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString()]);
  return Object.fromEntries(pairs);
}

class DatabaseIsDown extends Error {}

describe("headers of a retry topic", () => {
  it("say where the record is from, and when it is due", () => {
    const headers = retryHeaders([header("trace", "abc"), header("trace", null)], state, new TypeError("no"));
    expect(headers.slice(0, 2)).toEqual([header("trace", "abc"), header("trace", null)]);
    expect(texts(headers.slice(2))).toEqual({
      "ottla-retry-topic": "orders",
      "ottla-retry-partition": "3",
      "ottla-retry-offset": "17",
      "ottla-retry-timestamp": "1700000000000",
      "ottla-retry-attempt": "5",
      "ottla-retry-due": "1700000060000",
      "ottla-retry-error": "TypeError",
      "ottla-retry-message": "no",
    });
    expect(readRetryHeaders(headers)).toEqual(state);
  });

  it("replace those of the retry before, and keep all others in order", () => {
    const other = fc.record({ key: fc.string(), value: fc.option(fc.uint8Array()) });
    const check = (given: RawHeader[], attempts: number, offset: number): void => {
      const kept = given.filter(({ key }) => !/^ottla-(retry|error)-/.test(key));
      const once = retryHeaders(given, state, new Error("first"));
      const next = { ...state, attempts, origin: { ...origin, offset } };
      const twice = retryHeaders(once, next, new Error("second"));
      expect(twice.slice(0, kept.length)).toEqual(kept);
      expect(twice.length).toBe(once.length);
      expect(readRetryHeaders(twice)).toEqual(next);
    };
    fc.assert(fc.property(fc.array(other), fc.nat(), fc.nat(), check));
  });

  it("are not believed when they are not whole", () => {
    const whole = retryHeaders([], state, new Error("x"));
    expect(readRetryHeaders([])).toBe(null);
    for (const name of ["topic", "partition", "offset", "timestamp", "attempt", "due"]) {
      const isIt = ({ key }: RawHeader): boolean => key === `ottla-retry-${name}`;
      expect(readRetryHeaders(whole.filter((item) => !isIt(item)))).toBe(null);
      const broken = whole.map((item) => (isIt(item) ? { key: item.key, value: null } : item));
      expect(readRetryHeaders(broken)).toBe(null);
      if (name === "topic") continue;
      const wrong = whole.map((item) => (isIt(item) ? header(item.key, "soon") : item));
      expect(readRetryHeaders(wrong)).toBe(null);
    }
    // Records without a timestamp have -1.
    const timeless = retryHeaders([], { ...state, origin: { ...origin, timestamp: -1 } }, new Error("x"));
    expect(readRetryHeaders(timeless)!.origin.timestamp).toBe(-1);
  });

  it("never make a record wait longer than its topic does", () => {
    expect(waitMs(1_000, 400, 5_000)).toBe(600);
    expect(waitMs(1_000, 2_000, 5_000)).toBe(0);
    expect(waitMs(1_000_000_000, 400, 5_000)).toBe(5_000);
  });
});

describe("headers of a dead letter", () => {
  it("tell the cause, and drop what was said of retries", () => {
    const retried = retryHeaders([header("trace", "abc")], state, new Error("x"));
    const error = new DatabaseIsDown("connect: refused");
    const headers = errorHeaders(retried, { origin, attempts: 8 }, error);
    const read = texts(headers);
    expect(read).toEqual({
      trace: "abc",
      "ottla-error-topic": "orders",
      "ottla-error-partition": "3",
      "ottla-error-offset": "17",
      "ottla-error-timestamp": "1700000000000",
      "ottla-error-attempts": "8",
      "ottla-error-class": "DatabaseIsDown",
      "ottla-error-message": "connect: refused",
      "ottla-error-stack": expect.stringContaining("retry-headers.test.ts"),
    });
    const short = texts(errorHeaders(retried, { origin, attempts: 8 }, error, true));
    expect(Object.keys(short)).toEqual(Object.keys(read).slice(0, -2));
    // A dead letter that was put back and failed again tells of the last failure only.
    const again = errorHeaders(headers, { origin, attempts: 1 }, error);
    expect(again.length).toBe(headers.length);
    expect(texts(again)["ottla-error-attempts"]).toBe("1");
  });

  it("are bounded, and end with a whole character", () => {
    const check = (text: string, times: number): void => {
      const error = new Error(text.repeat(times));
      error.stack = text.repeat(times * 10);
      error.name = text.repeat(times);
      const read = texts(errorHeaders([], { origin, attempts: 1 }, error));
      const bounds = { class: 256, message: 1024, stack: 8192 };
      for (const [name, bound] of Object.entries(bounds)) {
        const value = read[`ottla-error-${name}`] ?? "";
        expect(Buffer.byteLength(value)).toBeLessThanOrEqual(bound);
        expect(value).not.toContain("\ufffd");
        if (name !== "class") expect(error[name as "message" | "stack"]!.startsWith(value)).toBe(true);
      }
    };
    const unit = fc.constantFrom("a", "ß", "字", "🚀");
    fc.assert(fc.property(fc.string({ unit, minLength: 1 }), fc.integer({ min: 1, max: 2_000 }), check));
  });

  it("do without what an error lacks", () => {
    const bare = Object.assign(Object.create(null), { message: "m" }) as Error;
    const read = texts(errorHeaders([], { origin, attempts: 1 }, bare));
    expect([read["ottla-error-class"], "ottla-error-stack" in read]).toEqual(["Error", false]);
  });
});
