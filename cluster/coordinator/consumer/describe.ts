// core: what is told about groups of the consumer protocol: ConsumerGroupDescribe, and whether it may be
// deleted.
import { BrokerError, ErrorCode } from "../../../proto/errors.ts";
import type { ResponseOf } from "../../../proto/kafka/apis.ts";
import type { MetadataImage } from "../../metadata/image.ts";
import type { GroupSettings } from "../group-settings.ts";
import type { WrittenRecord } from "../state/group-records.ts";
import type {
  ConsumerGroupRecord,
  ConsumerMember,
  GroupState,
  TopicPartitions,
} from "../state/group-state.ts";
import { consumerStateName } from "./state-name.ts";
import { assignorOf } from "./target.ts";
import { tombstones } from "./tombstones.ts";
import { noPartitions } from "./topic-partitions.ts";

type Described = ResponseOf<"ConsumerGroupDescribe">["groups"][number];
type DescribedMember = Described["members"][number];

/** Kafka's value for "not asked". */
const noOperations = -2147483648;
const memberTypes = { classic: 0, consumer: 1 } as const;

/** A group that is not there, or is of another protocol, is told as an error of its entry. */
export function describeConsumerGroup(
  group: GroupState | null,
  groupId: string,
  { image, settings }: { image: MetadataImage; settings: GroupSettings },
): Described {
  const consumer = group?.consumer ?? null;
  if (consumer === null) {
    return {
      ...{ groupId, groupState: "", groupEpoch: 0, assignmentEpoch: 0, assignorName: "", members: [] },
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: `there is no group '${groupId}' of the consumer protocol`,
      authorizedOperations: noOperations,
    };
  }
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    groupId,
    groupState: consumerStateName(consumer),
    groupEpoch: consumer.epoch,
    assignmentEpoch: consumer.targetEpoch,
    assignorName: assignorOf(consumer, settings).name,
    members: [...consumer.members.values()].map((member) => describeMember(member, consumer, image)),
    authorizedOperations: noOperations,
  };
}

function describeMember(
  member: ConsumerMember,
  { target }: ConsumerGroupRecord,
  image: MetadataImage,
): DescribedMember {
  const { memberId, instanceId, rackId, memberEpoch, clientId, clientHost, assigned, classic } = member;
  return {
    ...{ memberId, instanceId, rackId, memberEpoch, clientId, clientHost },
    subscribedTopicNames: [...member.subscribedTopicNames],
    subscribedTopicRegex: member.subscribedTopicRegex ?? "",
    assignment: { topicPartitions: withNames(assigned, image) },
    targetAssignment: { topicPartitions: withNames(target.get(memberId) ?? noPartitions, image) },
    memberType: classic === null ? memberTypes.consumer : memberTypes.classic,
  };
}

/** Topics that are gone have no name to tell. */
function withNames(
  partitions: TopicPartitions,
  image: MetadataImage,
): DescribedMember["assignment"]["topicPartitions"] {
  return [...partitions].flatMap(([topicId, numbers]) => {
    const topic = image.topics.get(topicId);
    return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions: [...numbers] }];
  });
}

/** The records that end it. Throws NON_EMPTY_GROUP. */
export function deleteConsumerGroup({ groupId, consumer }: GroupState): readonly WrittenRecord[] {
  if (consumer === null) return [];
  if (consumer.members.size > 0) {
    throw new BrokerError(
      "NON_EMPTY_GROUP",
      `group '${groupId}' has ${consumer.members.size} members; it can be deleted once they have left`,
    );
  }
  return tombstones(groupId, consumer);
}
