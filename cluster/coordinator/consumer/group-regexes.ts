// core: the resolved regular expressions of a group, kept in step with its members and with the topics there
// are. New topics that come one soon after the other are found together, so that they make one rebalance.
import { BrokerError } from "../../../proto/errors.ts";
import type { MetadataImage } from "../../metadata/image.ts";
import type { ConsumerGroupRecord, ResolvedRegex } from "../state/group-state.ts";
import type { ConsumerContext } from "./consumer-decision.ts";
import type { ConsumerDraft } from "./consumer-draft.ts";
import { resolveRegex } from "./regexes.ts";

/** Between two resolutions of one expression. */
const pauseMs = 1_000;

type TopicNames = MetadataImage["topicIdsByName"];

/** The topic names with which all expressions were found as they are. It changes no answer. */
const unchanged = new WeakMap<ConsumerGroupRecord["regexes"], TopicNames>();

/** Whether any of the group's expressions matches other topics than before, and may be resolved again. */
export function areRegexesChanged(
  { regexes }: ConsumerGroupRecord,
  { image, now }: Pick<ConsumerContext, "image" | "now">,
): boolean {
  if (regexes.size === 0 || unchanged.get(regexes) === image.topicIdsByName) return false;
  let isPaused = false;
  for (const [regex, known] of regexes) {
    if (sameNames(known.topics, matchedNow(regex, known, image.topicIdsByName))) continue;
    if (!isSoonAfter(known, now.wallMs)) return true;
    isPaused = true;
  }
  if (!isPaused) unchanged.set(regexes, image.topicIdsByName);
  return false;
}

/**
 * Writes what is new, and tombstones for expressions that no member uses. Answers whether a member may get
 * topics by it that it did not have.
 */
export function refreshRegexes(draft: ConsumerDraft, { image, now }: ConsumerContext): boolean {
  const used = new Set<string>();
  for (const { subscribedTopicRegex } of draft.group.members.values()) {
    if (subscribedTopicRegex !== null) used.add(subscribedTopicRegex);
  }
  for (const regex of [...draft.group.regexes.keys()]) if (!used.has(regex)) draft.setRegex(regex, null);
  let isMore = false;
  for (const regex of used) {
    const known = draft.group.regexes.get(regex);
    const topics = matchedNow(regex, known, image.topicIdsByName);
    if (known !== undefined && (sameNames(known.topics, topics) || isSoonAfter(known, now.wallMs))) continue;
    draft.setRegex(regex, { topics, version: image.end, resolvedAtMs: now.wallMs });
    const before = new Set(known?.topics);
    if (known === undefined || topics.some((name) => !before.has(name))) isMore = true;
  }
  return isMore;
}

/** One that was taken once, by other bounds, must not stop the group's heartbeats. */
function matchedNow(regex: string, known: ResolvedRegex | undefined, names: TopicNames): readonly string[] {
  try {
    return resolveRegex(regex, names);
  } catch (error) {
    if (error instanceof BrokerError) return known?.topics ?? [];
    throw error;
  }
}

/** A clock that was set back must not stop it. */
function isSoonAfter({ resolvedAtMs }: ResolvedRegex, nowMs: number): boolean {
  return nowMs >= resolvedAtMs && nowMs - resolvedAtMs < pauseMs;
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((name, at) => name === other[at]));
}
