// core: what a ConsumerGroupHeartbeat must say to be considered at all, whatever the state of the group.
//
// Source: KIP-848, "ConsumerGroupHeartbeat API", request validation
import { limits } from "../../../base/limits.ts";
import { BrokerError } from "../../../proto/errors.ts";
import type { RequestOf } from "../../../proto/kafka/apis.ts";
import type { ConsumerContext } from "./consumer-decision.ts";
import { checkRegex } from "./regexes.ts";

export const joins = 0;
export const leaves = -1;
/** Of a static member: it is coming back, with a new member id. */
export const leavesForAWhile = -2;

type Request = RequestOf<"ConsumerGroupHeartbeat">;

/** From this version on members make their ids themselves. */
const ownMemberIdsFrom = 1;

/** Throws INVALID_REQUEST, UNSUPPORTED_ASSIGNOR, INVALID_REGULAR_EXPRESSION, UNSUPPORTED_VERSION. */
export function checkHeartbeat(request: Request, { settings, apiVersion }: ConsumerContext): void {
  const { groupId, memberId, memberEpoch, instanceId, rackId, serverAssignor } = request;
  if (!settings.consumerProtocolEnabled) {
    throw new BrokerError(
      "UNSUPPORTED_VERSION",
      "group.coordinator.rebalance.protocols does not name the consumer protocol",
    );
  }
  const needsId = apiVersion >= ownMemberIdsFrom || memberEpoch !== joins;
  if (needsId && isBlank(memberId)) {
    const who =
      memberEpoch === joins ? `from version ${ownMemberIdsFrom} on a member that joins` : "a member";
    throw invalid(`the member id is empty; ${who} must name itself`);
  }
  if (isBlank(groupId)) throw invalid("the group id is empty");
  if (isBlank(instanceId)) throw invalid("the instance id is empty; it must be null or a name");
  if (isBlank(rackId)) throw invalid("the rack id is empty; it must be null or a name");
  checkLengths({ groupId, memberId, instanceId, rackId }, request.subscribedTopicNames ?? []);
  if (memberEpoch < leavesForAWhile) {
    throw invalid(`the member epoch is ${memberEpoch}; it must be 0 to join, -1 or -2 to leave, or an epoch`);
  }
  if (memberEpoch === leavesForAWhile && instanceId === null) {
    throw invalid("the member epoch is -2, by which a static member leaves, and there is no instance id");
  }
  if (memberEpoch === joins) checkJoin(request);
  if (serverAssignor !== null && !settings.consumerAssignors.includes(serverAssignor)) {
    throw new BrokerError(
      "UNSUPPORTED_ASSIGNOR",
      `member ${memberId} asks for the assignor '${serverAssignor}'; ` +
        `this cluster has ${settings.consumerAssignors.join(", ")}`,
    );
  }
  if (request.subscribedTopicRegex) checkRegex(request.subscribedTopicRegex);
}

function checkJoin(request: Request): void {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request;
  if (rebalanceTimeoutMs === -1) throw invalid("a member that joins must say its rebalance timeout");
  if (topicPartitions === null || topicPartitions.length > 0) {
    throw invalid("a member that joins owns nothing yet: its topic partitions must be an empty list");
  }
  if (subscribedTopicNames === null && subscribedTopicRegex === null) {
    throw invalid("a member that joins must name topics or a regular expression; the list may be empty");
  }
}

/** What would not go into a record. Throws INVALID_REQUEST. */
export function checkLengths(
  ids: Readonly<Record<string, string | null>>,
  subscription: readonly { readonly length: number }[],
): void {
  for (const [name, text] of Object.entries(ids)) {
    if (text === null || text.length <= limits.groupTextCharactersMax) continue;
    throw invalid(
      `${name} has ${text.length} characters; at most ${limits.groupTextCharactersMax} are taken`,
    );
  }
  const bytes = subscription.reduce((sum, { length }) => sum + length, 0);
  if (bytes <= limits.subscriptionBytesMax) return;
  throw invalid(`the subscription takes ${bytes} bytes; at most ${limits.subscriptionBytesMax} are taken`);
}

function isBlank(text: string | null): boolean {
  return text !== null && text.trim() === "";
}

function invalid(message: string): BrokerError {
  return new BrokerError("INVALID_REQUEST", `a member of a group cannot be heard: ${message}`);
}
