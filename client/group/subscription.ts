// core: what a consumer subscribes to: topics by name, or by an expression that the client matches (any
// protocol) or the broker (RE2, the consumer protocol).
import { ClientError } from "../errors.ts";
import { quote } from "../options/read-options.ts";
import type { AnyTopic } from "../topics/topic.ts";

/** An expression that the broker matches with topic names, in RE2 syntax (KIP-848). */
export interface BrokerPattern {
  readonly re2: string;
}

export type SubscriptionInput<T extends AnyTopic> = readonly (string | T)[] | RegExp | BrokerPattern;

export type Subscription = (
  | { readonly kind: "names"; readonly topics: readonly string[] }
  | { readonly kind: "pattern"; readonly pattern: RegExp }
  | { readonly kind: "brokerPattern"; readonly re2: string }
) & {
  /** Topics that a run has read beside those: its retry topics. From their start, if nothing is committed. */
  readonly beside?: readonly string[];
};

/** Throws ClientError INVALID_OPTION. `nameOf` checks one of a list. */
export function readSubscription<T extends AnyTopic>(
  given: SubscriptionInput<T>,
  nameOf: (item: string | T) => string,
): Subscription {
  if (given instanceof RegExp) return { kind: "pattern", pattern: given };
  if (Array.isArray(given) && given.length > 0) {
    return { kind: "names", topics: [...new Set((given as readonly (string | T)[]).map(nameOf))] };
  }
  if (typeof given === "object" && given !== null && "re2" in given && typeof given.re2 === "string") {
    if (given.re2 !== "") return { kind: "brokerPattern", re2: given.re2 };
  }
  const shown = Array.isArray(given) ? "an empty list" : quote(given);
  const should = "a list of topics, a RegExp, or { re2 }; to subscribe to nothing call unsubscribe";
  throw new ClientError("INVALID_OPTION", `subscribe: topics is ${shown}; it should be ${should}`);
}

/** Topics of brokers themselves are only read by their names. */
export function matching(
  pattern: RegExp,
  topics: readonly { readonly name: string; readonly isInternal: boolean }[],
): string[] {
  // An expression with the flag g or y remembers where it stood.
  const fresh = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  return topics.filter(({ name, isInternal }) => !isInternal && fresh.test(name)).map((topic) => topic.name);
}

export function sameNames(one: readonly string[], other: readonly string[]): boolean {
  const known = new Set(one);
  return known.size === new Set(other).size && other.every((name) => known.has(name));
}
