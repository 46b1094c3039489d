// core: the response that says that a whole request failed, in the shape of its API. Most APIs have no place
// for one error, so every item of the request gets it.
import type { ApiName } from "../../proto/kafka/apis.ts";
import { groupBuilders } from "./group-error-responses.ts";
import type { Builders, Failure } from "./response-builder.ts";

const builders: Builders = {
  ...groupBuilders,
  Produce: ({ topicData }, { code, message }) => ({
    responses: topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({
        index,
        errorCode: code,
        errorMessage: message,
        baseOffset: -1,
      })),
    })),
  }),
  Fetch: ({ topics }, { code }) => ({
    errorCode: code,
    responses: topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => ({
        partitionIndex: partition,
        errorCode: code,
        highWatermark: -1,
        records: new Uint8Array(0),
      })),
    })),
  }),
  ListOffsets: ({ topics }, { code }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
    })),
  }),
  // A request for all topics has no item to carry an error, and an empty list would say that there are none.
  Metadata: ({ topics }, { code }) =>
    topics === null
      ? null
      : { topics: topics.map(({ name, topicId }) => ({ name: name ?? "", topicId, errorCode: code })) },
  ApiVersions: (_, { code }) => ({ errorCode: code }),
  CreateTopics: ({ topics }, { code, message }) => ({
    topics: topics.map(({ name }) => ({ name, errorCode: code, errorMessage: message })),
  }),
  DeleteTopics: ({ topics, topicNames }, { code, message }) => ({
    responses: [...topics, ...topicNames.map((name) => ({ name, topicId: undefined }))].map(
      ({ name, topicId }) => ({ name, topicId, errorCode: code, errorMessage: message }),
    ),
  }),
  DeleteRecords: ({ topics }, { code }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        ...{ partitionIndex, errorCode: code },
        lowWatermark: -1,
      })),
    })),
  }),
  CreatePartitions: ({ topics }, { code, message }) => ({
    results: topics.map(({ name }) => ({ name, errorCode: code, errorMessage: message })),
  }),
  ElectLeaders: ({ topicPartitions }, { code, message }) => ({
    errorCode: code,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({
        ...{ partitionId, errorCode: code },
        errorMessage: message,
      })),
    })),
  }),
  IncrementalAlterConfigs: ({ resources }, failure) => ({ responses: refusedResources(resources, failure) }),
  AlterConfigs: ({ resources }, failure) => ({ responses: refusedResources(resources, failure) }),
  DescribeTopicPartitions: ({ topics }, { code }) => ({
    topics: topics.map(({ name }) => ({ name, errorCode: code })),
  }),
  DescribeLogDirs: (_, { code }) => ({ errorCode: code }),
  InitProducerId: (_, { code }) => ({ errorCode: code, producerId: -1, producerEpoch: -1 }),
  OffsetForLeaderEpoch: ({ topics }, { code }) => ({
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode: code, endOffset: -1 })),
    })),
  }),
  DescribeCluster: (_, { code, message }) => ({ errorCode: code, errorMessage: message }),
  DescribeQuorum: (_, { code, message }) => ({ errorCode: code, errorMessage: message }),
  DescribeConfigs: ({ resources }, { code, message }) => ({
    results: resources.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      errorCode: code,
      errorMessage: message,
    })),
  }),
};

function refusedResources(
  resources: readonly { resourceType: number; resourceName: string }[],
  { code, message }: Failure,
) {
  return resources.map(({ resourceType, resourceName }) => ({
    ...{ resourceType, resourceName, errorCode: code },
    errorMessage: message,
  }));
}

/** Null when the API has no way to say it; the connection is then closed. */
export function errorResponse(name: ApiName, request: unknown, failure: Failure): unknown {
  const build = builders[name] as ((request: unknown, failure: Failure) => unknown) | undefined;
  return build?.(request, failure) ?? null;
}
