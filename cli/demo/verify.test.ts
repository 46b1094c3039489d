// test: the demo's verdict notices each kind of fault it claims to notice.
import { describe, expect, it } from "vitest";
import { holds, type Seen, verify } from "./verify.ts";

const sent = new Map([0, 1, 2, 3].map((n) => [n, { key: n % 2 === 0 ? "even" : "odd", value: `v${n}` }]));
const at = (number: number, offset: number): Seen => ({ number, offset, partition: 0, ...sent.get(number)! });
const judge = (seen: Seen[], acknowledged: number[] = [0, 1, 2, 3]) =>
  verify({ sent, acknowledged: new Set(acknowledged), seen });

describe("verify", () => {
  it("holds when all is there once and in order", () => {
    const verdict = judge([at(0, 0), at(1, 1), at(2, 2), at(3, 3)]);
    expect(holds(verdict)).toBe(true);
    expect(verdict.read).toBe(4);
  });

  it("finds a missing acknowledged record, and allows a missing unacknowledged one", () => {
    expect(judge([at(0, 0), at(1, 1), at(2, 2)]).missing).toEqual([3]);
    expect(holds(judge([at(0, 0), at(1, 1), at(2, 2)], [0, 1, 2]))).toBe(true);
  });

  it("finds duplicates", () => {
    expect(judge([at(0, 0), at(1, 1), at(1, 2), at(2, 3), at(3, 4)]).duplicated).toEqual([1]);
  });

  it("finds a changed order within a key, by offset and not by arrival", () => {
    expect(judge([at(2, 0), at(0, 1), at(1, 2), at(3, 3)]).outOfOrder).toHaveLength(1);
    expect(judge([at(2, 2), at(0, 0), at(1, 1), at(3, 3)]).outOfOrder).toEqual([]);
  });

  it("finds what nobody sent and what was changed", () => {
    expect(judge([at(0, 0), at(1, 1), at(2, 2), at(3, 3), { ...at(0, 4), number: 9 }]).foreign).toHaveLength(
      1,
    );
    expect(judge([{ ...at(0, 0), value: "other" }, at(1, 1), at(2, 2), at(3, 3)]).foreign).toHaveLength(1);
  });

  it("counts what is there without acknowledgement", () => {
    expect(judge([at(0, 0), at(1, 1), at(2, 2), at(3, 3)], [0, 1, 2]).unacknowledgedPresent).toBe(1);
  });
});
