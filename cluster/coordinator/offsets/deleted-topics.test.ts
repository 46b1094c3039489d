// test: what was committed of a topic goes with the topic, so that nobody who makes it anew begins there.
import { afterEach, describe, expect, it } from "vitest";
import { GroupStage, settle } from "../../../test/coordinator/group-stage.ts";

let stage: GroupStage;
afterEach(() => stage.stop());

async function topicsGone(...names: string[]): Promise<void> {
  stage.coordinator.imageChanged(names);
  await settle();
}

describe("a topic that is deleted", () => {
  it("takes with it what every group has committed of it, and nothing else", async () => {
    stage = await GroupStage.start();
    await Promise.all([
      stage.commit({}, 5),
      stage.commit({}, 6, { partition: 1 }),
      stage.commit({}, 7, { topic: "u" }),
      stage.commit({ group: "h" }, 8),
    ]);
    await topicsGone("t", "w");
    const left = () => [stage.committed(), stage.committed("g", "t", 1), stage.committed("g", "u")];
    expect(left()).toEqual([-1, -1, 7]);
    expect(stage.committed("h")).toBe(-1);
    await stage.failOver();
    expect(left()).toEqual([-1, -1, 7]);
  });

  it("takes a commit that was let in just before, and none of a topic that was made anew", async () => {
    stage = await GroupStage.start();
    const late = stage.commit({}, 5);
    await topicsGone("t");
    await late;
    expect(stage.committed()).toBe(-1);
    stage.clock.wallSkewMs += 1;
    await stage.commit({}, 9);
    await stage.shard().offsets.expire();
    await settle();
    expect(stage.committed()).toBe(9);
  });

  it("has its turn when others are deleted while it is being looked for", async () => {
    stage = await GroupStage.start();
    const groups = Array.from({ length: 450 }, (_, n) => `g${n}`);
    const topics = ["t", "u", "v"];
    await Promise.all(
      groups.flatMap((group) => topics.map((topic) => stage.commit({ group }, 5, { topic }))),
    );
    for (const topic of topics) {
      stage.coordinator.imageChanged([topic]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const has = (group: string) => topics.filter((topic) => stage.committed(group, topic) >= 0);
    const left = () => groups.flatMap(has);
    await expect.poll(left).toEqual([]);
  });

  it("is remembered while the log refuses, and while groups are being loaded", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5);
    stage.partition.refusal = "NOT_ENOUGH_REPLICAS";
    await topicsGone("t");
    expect(stage.committed()).toBe(5);
    stage.partition.refusal = null;
    await stage.shard().offsets.expire();
    await settle();
    expect(stage.committed()).toBe(-1);

    stage.clock.wallSkewMs += 1;
    await stage.commit({}, 6);
    stage.resign();
    await settle();
    stage.lead();
    expect(stage.coordinator.isLoading).toBe(true);
    await topicsGone("t");
    await settle();
    expect(stage.committed()).toBe(-1);
  });
});
