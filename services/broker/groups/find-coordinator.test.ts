// test: FindCoordinator while the groups' topic is not there and cannot be made.
import { describe, expect, it } from "vitest";
import { ErrorCode, errorName } from "../../../proto/errors.ts";
import { apis } from "../../../proto/kafka/apis.ts";
import { encodeMessage } from "../../../proto/kafka/codec.ts";
import { ask, stage } from "../../../test/broker/broker-stage.ts";

describe("FindCoordinator", () => {
  it("tries to make the topic once a request, and tells every key why there is none", async () => {
    const made = await stage();
    const refused = {
      name: "__consumer_offsets",
      errorCode: ErrorCode.POLICY_VIOLATION,
      errorMessage: "not now",
    };
    made.answer = async () => encodeMessage(apis.CreateTopics.response, 7, { topics: [refused] });
    const request = ask("FindCoordinator", { coordinatorKeys: ["a", "", "b", "c"] });
    const asked = made.leader.findCoordinator(request, made.context({ apiVersion: 4 }));
    const { coordinators } = await made.run(asked);
    expect(coordinators.map(({ key, errorCode }) => [key, errorName(errorCode)])).toEqual([
      ["a", "COORDINATOR_NOT_AVAILABLE"],
      ["", "INVALID_GROUP_ID"],
      ["b", "COORDINATOR_NOT_AVAILABLE"],
      ["c", "COORDINATOR_NOT_AVAILABLE"],
    ]);
    expect(coordinators[3]!.errorMessage).toMatch(/not now/);
    expect(made.forwarded).toHaveLength(1);
  });
});
