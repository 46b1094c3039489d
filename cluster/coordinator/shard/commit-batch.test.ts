// test: commits of one turn go together, in the order in which they were decided, and each hears its outcome.
import { afterEach, describe, expect, it } from "vitest";
import { GroupStage, outcome, settle } from "../../../test/coordinator/group-stage.ts";

let stage: GroupStage;
afterEach(() => stage.stop());

describe("commits of one turn", () => {
  it("are one batch of the log, and each is answered for itself", async () => {
    stage = await GroupStage.start();
    const before = stage.partition.batches.length;
    const commits = Array.from({ length: 20 }, (_, n) => stage.commit({ group: `g${n}` }, n));
    const tooLarge = stage.commit({}, 1, { metadata: "x".repeat(5_000) });
    await settle();
    expect(stage.partition.batches.length - before).toBe(1);
    for (const answer of await Promise.all(commits)) expect(answer[0]!.partitions[0]!.errorCode).toBe(0);
    expect((await tooLarge)[0]!.partitions[0]!.errorCode).not.toBe(0);
    expect(Array.from({ length: 20 }, (_, n) => stage.committed(`g${n}`))).toEqual([...Array(20).keys()]);
    expect(stage.committed()).toBe(-1);
  });

  it("are told only once they are committed, and all of them when the log refuses them", async () => {
    stage = await GroupStage.start();
    stage.partition.refusal = "NOT_ENOUGH_REPLICAS";
    const refused = [stage.commit({}, 1), stage.commit({ group: "h" }, 2)];
    for (const one of refused) expect(await outcome(() => one)).toBe("COORDINATOR_NOT_AVAILABLE");
    stage.partition.refusal = null;
    stage.partition.commitsAlone = false;
    const waiting = [stage.commit({}, 3), stage.commit({ group: "h" }, 4)];
    await settle();
    expect([stage.committed(), stage.committed("h")]).toEqual([-1, -1]);
    const answers = waiting.map((one) => outcome(() => one));
    await stage.failOver();
    expect(await Promise.all(answers)).toEqual(["NOT_COORDINATOR", "NOT_COORDINATOR"]);
  });

  it("stand in the log before what was asked for after them", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    const commit = stage.commit(member!, 5);
    const left = stage.leave(member!.memberId);
    await Promise.all([commit, left]);
    await settle();
    const deleted = stage.shard().offsets.delete("g", [{ name: "t", partitions: [{ partitionIndex: 0 }] }]);
    await deleted;
    expect(stage.committed()).toBe(-1);
    const again = stage.commit({}, 7);
    const gone = stage.shard().offsets.delete("g", [{ name: "t", partitions: [{ partitionIndex: 0 }] }]);
    await Promise.all([again, gone]);
    await settle();
    expect(stage.committed()).toBe(-1);
  });

  it("are batches of a bounded size", async () => {
    stage = await GroupStage.start();
    const before = stage.partition.batches.length;
    const metadata = "x".repeat(4_000);
    const commits = Array.from({ length: 40 }, (_, n) => stage.commit({ group: `g${n}` }, n, { metadata }));
    await settle();
    await Promise.all(commits);
    const batches = stage.partition.batches.slice(before);
    expect(batches.length).toBe(3);
    expect(Math.max(...batches.map(({ bytes }) => bytes.length))).toBeLessThan(100_000);
  });
});
