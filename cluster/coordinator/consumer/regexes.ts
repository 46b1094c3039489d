// core: topics that a regular expression stands for. RE2 syntax, as in Kafka: whatever the expression, a
// match takes time in proportion to the name. The whole name must match; topics of the cluster itself never
// do.
//
// Compiled expressions are kept with what they matched, so that asking again costs nothing while there are no
// new topics, and then only the new ones are tried. What is kept changes no answer.
import { RE2JS, RE2JSException } from "re2js";
import { limits } from "../../../base/limits.ts";
import { BrokerError } from "../../../proto/errors.ts";
import type { MetadataImage } from "../../metadata/image.ts";

type TopicNames = MetadataImage["topicIdsByName"];

interface Kept {
  readonly expression: RE2JS;
  /** The topics that `matched` was found in. */
  names: TopicNames;
  /** Sorted. */
  matched: readonly string[];
}

const noNames: TopicNames = new Map();
const kept = new Map<string, Kept>();
const ofTheCluster: ReadonlySet<string> = new Set(["__consumer_offsets", "__transaction_state"]);

/** Throws INVALID_REGULAR_EXPRESSION. */
export function checkRegex(regex: string): void {
  keptOf(regex);
}

/** The names it matches, sorted. Throws INVALID_REGULAR_EXPRESSION. */
export function resolveRegex(regex: string, names: TopicNames): readonly string[] {
  const entry = keptOf(regex);
  if (entry.names === names) return entry.matched;
  const still = entry.matched.filter((name) => names.has(name));
  const found: string[] = [];
  for (const name of names.keys()) {
    if (entry.names.has(name) || ofTheCluster.has(name)) continue;
    if (entry.expression.testExact(name)) found.push(name);
  }
  entry.names = names;
  if (found.length > 0) entry.matched = [...still, ...found].sort();
  else if (still.length < entry.matched.length) entry.matched = still;
  return entry.matched;
}

function keptOf(regex: string): Kept {
  let entry = kept.get(regex);
  if (entry === undefined) entry = { expression: compiled(regex), names: noNames, matched: [] };
  else kept.delete(regex);
  // The one that was not asked for longest stands first.
  kept.set(regex, entry);
  for (const oldest of kept.keys()) {
    if (kept.size <= limits.regexesCachedMax) break;
    kept.delete(oldest);
  }
  return entry;
}

function compiled(regex: string): RE2JS {
  if (regex.length > limits.regexCharactersMax) {
    throw invalid(regex, `it has ${regex.length} characters; at most ${limits.regexCharactersMax} are taken`);
  }
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(regex);
  } catch (error) {
    if (error instanceof RE2JSException) throw invalid(regex, error.message);
    throw error;
  }
  const size = expression.programSize();
  if (size > limits.regexProgramSizeMax) {
    throw invalid(regex, `it takes ${size} instructions; at most ${limits.regexProgramSizeMax} are taken`);
  }
  return expression;
}

function invalid(regex: string, why: string): BrokerError {
  const shown = regex.length > 100 ? `${regex.slice(0, 100)}...` : regex;
  return new BrokerError(
    "INVALID_REGULAR_EXPRESSION",
    `the group is subscribed to the regular expression '${shown}', which is not valid (RE2 syntax): ${why}`,
  );
}
