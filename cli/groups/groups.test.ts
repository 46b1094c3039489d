// test: what is read from a command line about groups, and what a reset would do.
import { describe, expect, it } from "vitest";
import { UsageError } from "../usage-error.ts";
import { parseDuration } from "./duration.ts";
import { parseOffsetsFile, toOffsetsFile } from "./offsets-file.ts";
import { groupName, onePlace, topicPlaces } from "./places.ts";
import { planReset, type ResetFacts } from "./reset-plan.ts";
import { resetTarget } from "./reset-target.ts";

describe("a duration", () => {
  it("is read in both spellings", () => {
    const same: [string, number][] = [
      ["90s", 90_000],
      ["1h30m", 5_400_000],
      ["PT1H30M", 5_400_000],
      ["2d", 172_800_000],
      ["P2D", 172_800_000],
      ["P1DT1.5S", 86_401_500],
      ["1w1ms", 604_800_001],
      ["5m", 300_000],
    ];
    for (const [text, ms] of same) expect([text, parseDuration(text)]).toEqual([text, ms]);
    for (const text of [
      "",
      "5",
      "1.5h",
      "m5",
      "30m1h",
      "1h1h",
      "P",
      "PT",
      "P1H",
      "-1h",
      "1 h",
      `${"9".repeat(40)}d`,
    ])
      expect([text, parseDuration(text)]).toEqual([text, null]);
  });
});

describe("names", () => {
  it("of topics and partitions", () => {
    expect(topicPlaces("t:0,2,2", topicPlaces("u", undefined))).toEqual([
      { topic: "u", partitions: null },
      { topic: "t", partitions: [0, 2] },
    ]);
    expect(onePlace("t:3")).toEqual({ topic: "t", partition: 3 });
    for (const text of ["", "a b", "t:", "t:x", "t:-1", "t:1:2", "t:99999999999"])
      expect(() => topicPlaces(text, undefined)).toThrow(UsageError);
    for (const text of ["t", "t:1,2"]) expect(() => onePlace(text)).toThrow("like orders:0");
  });

  it("of groups, unless they can be none", () => {
    expect(groupName("my group/ü")).toBe("my group/ü");
    expect(() => groupName("")).toThrow("the group id is empty");
    expect(() => groupName("x".repeat(40_000))).toThrow("has 40000 bytes; at most 32767 are possible");
  });
});

describe("a file of offsets", () => {
  it("is read as Kafka's tool writes it, and as it is written here", () => {
    const rows = [
      { topic: "t", partition: 0, offset: 5 },
      { topic: "u", partition: 11, offset: 0 },
    ];
    expect(parseOffsetsFile('"t",0,5\r\nu,11,0\n\n', "f", "g")).toEqual(rows);
    expect(parseOffsetsFile(toOffsetsFile(rows), "f", "g")).toEqual(rows);
    expect(parseOffsetsFile("h,t,0,9\ng,t,0,5\n# x\ng,u,11,0", "f", "g")).toEqual(rows);
  });

  it("with something else in it is an error that names the line", () => {
    expect(() => parseOffsetsFile("t,0,5\nt,x,5", "f.csv", "g")).toThrow('f.csv, line 2: "t,x,5" should be');
    expect(() => parseOffsetsFile("t,0,5\nt,0,6", "f.csv", "g")).toThrow("line 2: t:0 stands there a second");
    expect(() => parseOffsetsFile("h,t,0,5", "f.csv", "g")).toThrow("no offsets of group g are in it");
  });
});

describe("a reset", () => {
  const facts = (given: Partial<ResetFacts>): ResetFacts => ({
    ...{ topic: "t", partition: 0, committed: 20, logStart: 10, logEnd: 30, found: -1 },
    ...given,
  });
  const row = (options: Parameters<typeof resetTarget>[0], given: Partial<ResetFacts> = {}) => {
    const [only] = planReset(resetTarget(options, 1_000_000), [facts(given)]);
    return [only!.now, only!.new, only!.difference, only!.note];
  };

  it("goes where it is told, within the log", () => {
    expect(row({ toEarliest: true })).toEqual([20, 10, -10, ""]);
    expect(row({ toLatest: true })).toEqual([20, 30, 10, ""]);
    expect(row({ toCurrent: true })).toEqual([20, 20, 0, ""]);
    expect(row({ toOffset: 25 })).toEqual([20, 25, 5, ""]);
    expect(row({ toOffset: 5 })).toEqual([20, 10, -10, "the log begins at 10, not 5"]);
    expect(row({ toOffset: 99 })).toEqual([20, 30, 10, "the log ends at 30, not 99"]);
    expect(row({ shiftBy: -5 })).toEqual([20, 15, -5, ""]);
    expect(row({ shiftBy: -50 })).toEqual([20, 10, -10, "the log begins at 10, not -30"]);
    expect(row({ toTime: "500" }, { found: 12 })).toEqual([20, 12, -8, ""]);
    expect(row({ byDuration: "1s" })).toEqual([20, 30, 10, "no record so late: the end"]);
    expect(row({ fromFile: "f" }, { found: 28 })).toEqual([20, 28, 8, ""]);
    // What is committed lies before the log.
    expect(row({ toCurrent: true }, { committed: 3 })).toEqual([3, 10, 7, "the log begins at 10, not 3"]);
  });

  it("of what is not committed", () => {
    expect(row({ toEarliest: true }, { committed: -1 })).toEqual([null, 10, null, ""]);
    expect(row({ shiftBy: 1 }, { committed: -1 })).toEqual([
      null,
      null,
      null,
      "nothing committed: left alone",
    ]);
    expect(row({ toCurrent: true }, { committed: -1 })).toEqual([
      null,
      30,
      null,
      "nothing committed: the end",
    ]);
  });

  it("goes to one place only, and to one that is", () => {
    expect(() => resetTarget({}, 0)).toThrow("say where to: one of --to-earliest");
    expect(() => resetTarget({ toEarliest: true, toOffset: 3 }, 0)).toThrow("say where to: only one of");
    expect(() => resetTarget({ toTime: "yesterday" }, 0)).toThrow('--to-time "yesterday" should be an ISO');
    expect(() => resetTarget({ byDuration: "soon" }, 0)).toThrow('--by-duration "soon" should be a duration');
    expect(() => resetTarget({ byDuration: "90000w" }, 1_000)).toThrow("is before 1970");
    expect(resetTarget({ byDuration: "1m" }, 100_000)).toEqual({ kind: "time", timestamp: 40_000 });
  });
});
