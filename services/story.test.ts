// test: what a node tells of itself: each event in the timeline, in its log one line a turn for each kind.
import { describe, expect, it } from "vitest";
import type { Log } from "../base/ports/log.ts";
import { Story } from "./story.ts";

function setUp() {
  const lines: { fields: object; text: string }[] = [];
  const turn: (() => void)[] = [];
  const log = { info: (fields: object, text: string) => lines.push({ fields, text }) } as unknown as Log;
  const clock = { wallMs: () => 7, monotonicMs: () => 3, endOfTurn: (run: () => void) => turn.push(run) };
  const story = new Story({ clock: clock as never, log });
  const endTurn = (): void => {
    for (const run of turn.splice(0)) run();
  };
  return { story, lines, endTurn };
}

describe("the story of a node", () => {
  it("is told line by line, with what each event has", () => {
    const { story, lines, endTurn } = setUp();
    story.note("fenced", { broker: 2 });
    story.note("leader-moved", { topic: "t", partition: 0, from: 2, to: 1 });
    endTurn();
    expect(lines.map(({ fields }) => fields)).toEqual([
      { broker: 2 },
      { topic: "t", partition: 0, from: 2, to: 1 },
    ]);
    story.note("unfenced", { broker: 2 });
    endTurn();
    expect(lines).toHaveLength(3);
    expect(story.timeline.since(0).map(({ kind }) => kind)).toEqual(["fenced", "leader-moved", "unfenced"]);
  });

  it("tells of many at once in one line", () => {
    const { story, lines, endTurn } = setUp();
    for (let partition = 0; partition < 1_000; partition++) story.note("leader-moved", { partition });
    endTurn();
    const first = [{ partition: 0 }, { partition: 1 }, { partition: 2 }];
    expect(lines).toEqual([{ fields: { count: 1_000, first }, text: "leadership of a partition moved" }]);
    expect(story.timeline.since(0)).toHaveLength(1_000);
  });

  it("keeps from the log what only machines ask for", () => {
    const { story, lines, endTurn } = setUp();
    story.note("firstCommit", { partition: 0 });
    endTurn();
    expect(lines).toEqual([]);
    expect(story.timeline.since(0)).toHaveLength(1);
  });
});
