// test: what a coordinator tells members of the consumer protocol by how many of them it has.
import { afterEach, describe, expect, it } from "vitest";
import { joinOf } from "../../../test/coordinator/consumer-group.ts";
import { GroupStage } from "../../../test/coordinator/group-stage.ts";

let stage: GroupStage;
afterEach(() => stage.stop());

const asker = { clientId: "client", clientHost: "/127.0.0.1", apiVersion: 1, newMemberId: "new" };

async function intervalToldTo(group: number): Promise<number> {
  const request = { ...joinOf("m"), groupId: `g${group}` };
  return (await stage.shard().consumer.heartbeat(request, asker)).heartbeatIntervalMs;
}

describe("the interval of heartbeats", () => {
  it("grows with the members of all groups, and shrinks as they leave", async () => {
    stage = await GroupStage.start({ consumerHeartbeatIntervalMs: 500 });
    expect(await intervalToldTo(0)).toBe(500);
    for (let group = 1; group < 200; group++) await intervalToldTo(group);
    expect(await intervalToldTo(0)).toBe(2_000);
    for (let group = 50; group < 200; group++)
      await stage
        .shard()
        .consumer.heartbeat({ ...joinOf("m", ["t"], { memberEpoch: -1 }), groupId: `g${group}` }, asker);
    expect(await intervalToldTo(0)).toBe(500);
  });
});
