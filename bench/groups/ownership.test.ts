// test: a partition is read while exactly one member has it and has delivered a record of it since.
import { describe, expect, it } from "vitest";
import { Ownership } from "./ownership.ts";

describe("Ownership", () => {
  it("knows when the last partition was read", () => {
    const ownership = new Ownership();
    ownership.owned("a", [0, 1]);
    ownership.owned("b", [2]);
    ownership.delivered("a", [0, 1], 10);
    expect(ownership.readSinceMs(3)).toBeNull();
    expect(ownership.unread(3)).toBe(1);
    ownership.delivered("b", [2], 7);
    expect(ownership.readSinceMs(3)).toBe(10);
    expect(ownership.readSinceMs(4)).toBeNull();
    expect(ownership.share("a")).toBe(2);
  });

  it("counts from the first record of an ownership, and anew after a loss", () => {
    const ownership = new Ownership();
    ownership.owned("a", [0]);
    ownership.delivered("a", [0], 10);
    ownership.delivered("a", [0], 20);
    ownership.owned("a", [0]);
    expect(ownership.readSinceMs(1)).toBe(10);
    ownership.gone("a", [0]);
    ownership.delivered("a", [0], 30);
    expect(ownership.readSinceMs(1)).toBeNull();
    ownership.owned("a", [0]);
    ownership.delivered("a", [0], 40);
    expect(ownership.readSinceMs(1)).toBe(40);
  });

  it("takes what two members tell in any order", () => {
    const ownership = new Ownership();
    ownership.owned("a", [0]);
    ownership.delivered("a", [0], 10);
    ownership.owned("b", [0]);
    ownership.delivered("b", [0], 20);
    expect(ownership.readSinceMs(1)).toBeNull();
    ownership.gone("a", [0]);
    expect(ownership.readSinceMs(1)).toBe(20);
    ownership.drop("b");
    expect(ownership.readSinceMs(1)).toBeNull();
    expect(ownership.share("b")).toBe(0);
  });
});
