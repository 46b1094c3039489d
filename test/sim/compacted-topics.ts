// test: topics whose replicas compact by themselves, so that their logs differ: what they must have in common
// is looked at by checks of their own.
import { offsetsTopic } from "../../cluster/coordinator/group-coordinator.ts";
import { compactedTopic } from "./compacting.ts";

export function isCompacted(topicName: string): boolean {
  return topicName === compactedTopic || topicName === offsetsTopic;
}
