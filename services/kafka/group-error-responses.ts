// core: the responses that say that a request of a group failed as a whole.
import type { Builders } from "./response-builder.ts";

export const groupBuilders: Builders = {
  FindCoordinator: ({ key, coordinatorKeys }, { code, message }) => ({
    ...{ errorCode: code, errorMessage: message, nodeId: -1, port: -1 },
    coordinators: (coordinatorKeys.length > 0 ? coordinatorKeys : [key]).map((each) => ({
      ...{ key: each, nodeId: -1, port: -1, errorCode: code, errorMessage: message },
    })),
  }),
  // A null name of the protocol can be said in newer versions only; an empty one in all.
  JoinGroup: ({ memberId }, { code }) => ({
    ...{ errorCode: code, generationId: -1, protocolName: "", memberId },
  }),
  SyncGroup: (_, { code }) => ({ errorCode: code }),
  Heartbeat: (_, { code }) => ({ errorCode: code }),
  LeaveGroup: (_, { code }) => ({ errorCode: code }),
  OffsetCommit: ({ topics }, { code }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
    })),
  }),
  OffsetFetch: ({ groups, topics }, { code }) => ({
    errorCode: code,
    // Version 1 has no error for the whole: every partition says it.
    topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({
        ...{ partitionIndex, committedOffset: -1, metadata: "", errorCode: code },
      })),
    })),
    groups: groups.map(({ groupId }) => ({ groupId, errorCode: code })),
  }),
  OffsetDelete: (_, { code }) => ({ errorCode: code }),
  DescribeGroups: ({ groups }, { code }) => ({
    groups: groups.map((groupId) => ({ groupId, errorCode: code })),
  }),
  ListGroups: (_, { code }) => ({ errorCode: code }),
  ConsumerGroupHeartbeat: ({ memberId }, { code, message }) => ({
    ...{ errorCode: code, errorMessage: message, memberId },
  }),
  ConsumerGroupDescribe: ({ groupIds }, { code, message }) => ({
    groups: groupIds.map((groupId) => ({ groupId, errorCode: code, errorMessage: message })),
  }),
  DeleteGroups: ({ groupsNames }, { code }) => ({
    results: groupsNames.map((groupId) => ({ groupId, errorCode: code })),
  }),
};
