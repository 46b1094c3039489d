// test: the last places are known, older ones are forgotten, and all of them when the file was cut.
import { describe, expect, it } from "vitest";
import { RecentPositions } from "./recent-positions.ts";

describe("recent positions", () => {
  it("knows the last eight places, each once", () => {
    const recent = new RecentPositions();
    expect(recent.of(0)).toBe(-1);
    for (let n = 0; n < 10; n++) {
      recent.note(n * 5, n * 100);
      recent.note(n * 5, n * 100);
    }
    expect([0, 5, 10, 45].map((offset) => recent.of(offset))).toEqual([-1, -1, 200, 900]);
    recent.forget();
    expect(recent.of(45)).toBe(-1);
  });
});
