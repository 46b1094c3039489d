// test: appends of one turn become one.
import { describe, expect, it } from "vitest";
import { PageCacheLog } from "../../../test/scenarios/page-cache-log.ts";
import { dataBatch } from "../../../test/scenarios/raft-machine.ts";
import { mergeAppends } from "./merge-appends.ts";
import { makeMessage } from "./messages.ts";

const log = new PageCacheLog();
for (const value of ["a", "b", "c"]) log.appendAsLeader(dataBatch([value]), 1);

const from = { nodeId: 1, directoryId: "d", clusterId: "c" };
const append = (from_: number, upTo: number, rest: { commitEnd?: number; round: number; term?: number }) =>
  makeMessage(from, {
    kind: "append",
    toId: 2,
    term: 1,
    previousEnd: from_,
    payload: log.read({ from: from_, upTo, maxBytes: 1e6, minOneBatch: true }),
    ...rest,
  });

describe("appends that came in one turn", () => {
  it("are joined when each goes on where the one before ended", () => {
    const merged = mergeAppends([
      append(0, 1, { round: 1 }),
      append(1, 2, { round: 2, commitEnd: 1 }),
      append(2, 2, { round: 3, commitEnd: 2 }),
      append(2, 3, { round: 4, commitEnd: 1 }),
    ]);
    expect(merged).toHaveLength(1);
    expect(merged[0]).toMatchObject({ previousEnd: 0, round: 4, commitEnd: 2 });
    expect(merged[0]!.payload).toEqual(log.read({ from: 0, upTo: 3, maxBytes: 1e6, minOneBatch: true }));
  });

  it("stay apart over gaps, terms and other messages", () => {
    const vote = makeMessage(from, { kind: "vote", toId: 2, term: 1 });
    const messages = [
      append(0, 1, { round: 1 }),
      append(2, 3, { round: 2 }),
      vote,
      append(0, 1, { round: 3 }),
      append(1, 2, { round: 1, term: 2 }),
    ];
    expect(mergeAppends(messages)).toEqual(messages);
  });
});
