// core: whole OffsetCommit requests as bytes, made once a group and sent again and again, as one who is no
// member sends them. The correlation id is the group's place in the list: a connection is answered in order,
// so nothing has to be patched while the clock runs. Knows no connection.
import { readInt16, readInt32 } from "../../proto/batch/header.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { encodeRequest } from "../../proto/kafka/frames.ts";

/** The layout is flexible from 8 on, which is what `readCommitAnswer` reads; from 10 on topics go by id. */
export const commitVersions = { min: 8, max: 9 };

/** How many first bytes of an answer's topics stand before the name: ids, tags, throttle time, one topic. */
const nameAt = 10;

export function makeCommitFrame(options: {
  groupId: string;
  group: number;
  topic: string;
  /** Of each one offset. */
  partitions: number;
  version: number;
}): Uint8Array {
  const { groupId, group, topic, version } = options;
  const partitions = Array.from({ length: options.partitions }, (_, partitionIndex) => ({
    partitionIndex,
    committedOffset: 1_000 + group,
    committedMetadata: "",
  }));
  return encodeRequest({
    api: apis.OffsetCommit,
    version,
    correlationId: group,
    clientId: "ottla-bench",
    body: {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: "",
      groupInstanceId: null,
      topics: [{ name: topic, partitions }],
    },
  });
}

export interface CommitAnswer {
  group: number;
  /** Of the first partition: all of a request are refused for the same reason here. */
  errorCode: number;
}

/** The first bytes of an answer with one topic, whose name is shorter than 127 bytes, and few partitions. */
export function readCommitAnswer(head: Uint8Array): CommitAnswer {
  const nameEnd = nameAt + head[nameAt]!;
  // How many partitions stands in one byte, or in two from 127 on.
  const indexAt = nameEnd + (head[nameEnd]! < 128 ? 1 : 2);
  return { group: readInt32(head, 0), errorCode: readInt16(head, indexAt + 4) };
}

/** How many first bytes of an answer `readCommitAnswer` needs. */
export function commitAnswerHeadBytes(topic: string): number {
  return nameAt + 1 + topic.length + 2 + 4 + 2;
}
