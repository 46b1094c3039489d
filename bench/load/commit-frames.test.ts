// test: the generator's commits are what the codec reads, and the answers' errors are seen.
import { describe, expect, it } from "vitest";
import { apis } from "../../proto/kafka/apis.ts";
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from "../../proto/kafka/frames.ts";
import {
  type CommitAnswer,
  commitAnswerHeadBytes,
  commitVersions,
  makeCommitFrame,
  readCommitAnswer,
} from "./commit-frames.ts";
import { FrameHeads } from "./frame-heads.ts";

const topic = "committed";

describe("commit frames", () => {
  it("commit one offset of each partition, as nobody's member", () => {
    const shape = { groupId: "g-7", group: 7, topic, partitions: 3, version: commitVersions.min };
    const frame = makeCommitFrame(shape).subarray(4);
    const head = decodeRequestHeader(frame);
    expect(head.correlationId).toBe(7);
    const { groupId, generationIdOrMemberEpoch, memberId, topics } = decodeRequestBody(
      apis.OffsetCommit,
      head,
      frame,
    );
    expect({ groupId, generationIdOrMemberEpoch, memberId }).toEqual({
      groupId: "g-7",
      generationIdOrMemberEpoch: -1,
      memberId: "",
    });
    expect(topics[0]!.partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([0, 1, 2]);
  });

  it.each([1, 126, 127, 1_000])("are answered with %i partitions: the error is seen", (count) => {
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
      partitionIndex,
      errorCode: 16,
    }));
    const answer = encodeResponse({
      api: apis.OffsetCommit,
      version: commitVersions.max,
      correlationId: 300,
      body: { throttleTimeMs: 0, topics: [{ name: topic, partitions }] },
    });
    const seen: CommitAnswer[] = [];
    const heads = new FrameHeads(commitAnswerHeadBytes(topic), (head) => seen.push(readCommitAnswer(head)));
    heads.push(answer);
    expect(seen).toEqual([{ group: 300, errorCode: 16 }]);
  });
});
