// core: which topics a run reads and writes beside those it was asked to read: the retry topics and the
// dead-letter topic of each, by name. Keeps true: a name stands for one thing only.
import { ClientError } from "../errors.ts";
import { quote } from "../options/read-options.ts";
import type { FailurePolicy } from "./failure-policy.ts";

/** A topic as the run sees it: one that it was asked to read, or a retry topic of such a one. */
export interface PlannedTopic {
  readonly name: string;
  /** The topic whose records it holds; itself if it is none of ours. */
  readonly of: string;
  /** 0: the topic itself; n: its n-th retry topic. */
  readonly level: number;
  /** How long a record waits in it at most. */
  readonly delayMs: number;
}

const nameMax = 249;
const nameShape = /^[a-zA-Z0-9._-]+$/;

export class RetryPlan {
  readonly #policy: FailurePolicy;
  readonly #topics = new Map<string, PlannedTopic>();
  readonly #deadLetters = new Map<string, string>();

  constructor(policy: FailurePolicy) {
    this.#policy = policy;
  }

  /**
   * Takes topics that are read into the plan. Answers the retry topics that are to be read besides, of those
   * that are new; a name that is the retry topic of another one given or known is no topic of its own.
   * Throws ClientError INVALID_OPTION for names that cannot be, or that would be taken twice.
   */
  add(names: readonly string[]): PlannedTopic[] {
    const derived = new Set(names.flatMap((name) => this.#retryTopicsOf(name).map((topic) => topic.name)));
    const added: PlannedTopic[] = [];
    for (const name of names) {
      if (derived.has(name) || this.#topics.has(name)) continue;
      const topics = this.#retryTopicsOf(name);
      for (const topic of topics) this.#check(topic.name, name);
      this.#topics.set(name, { name, of: name, level: 0, delayMs: 0 });
      for (const topic of topics) this.#topics.set(topic.name, topic);
      const letters = this.#deadLetterOf(name);
      if (letters !== null) this.#deadLetters.set(name, letters);
      added.push(...topics);
    }
    return added;
  }

  knows(name: string): boolean {
    return this.#topics.has(name);
  }

  /** A topic that nobody planned is one of its own, without retry topics. */
  find(name: string): PlannedTopic {
    return this.#topics.get(name) ?? { name, of: name, level: 0, delayMs: 0 };
  }

  /** The retry topic of a level, by the name of the original. */
  retryTopic(of: string, level: number): string {
    return this.#retryTopicsOf(of)[level - 1]!.name;
  }

  /** Null: the policy has no dead-letter topics. */
  deadLetter(of: string): string | null {
    return this.#deadLetters.get(of) ?? this.#deadLetterOf(of);
  }

  #retryTopicsOf(of: string): PlannedTopic[] {
    const stage = this.#policy.stages.find((item) => item.kind === "retryTopics");
    if (stage === undefined) return [];
    return stage.delaysMs.map((delayMs, at) => {
      return { name: named("retryTopics: name", stage.name(of, at + 1), of), of, level: at + 1, delayMs };
    });
  }

  #deadLetterOf(of: string): string | null {
    const stage = this.#policy.stages.find((item) => item.kind === "deadLetter");
    return stage === undefined ? null : named("deadLetter: topic", stage.topic(of), of);
  }

  #check(name: string, of: string): void {
    const letters = this.#deadLetterOf(of);
    const others = this.#retryTopicsOf(of).filter((topic) => topic.name === name);
    const known = this.#topics.get(name);
    if (name !== letters && others.length === 1 && known === undefined) return;
    const text = `the retry topic ${quote(name)} of ${quote(of)} has the name of another topic of this run`;
    throw new ClientError("INVALID_OPTION", `retryTopics: ${text}`);
  }
}

function named(what: string, name: unknown, of: string): string {
  const isFine =
    typeof name === "string" &&
    name.length <= nameMax &&
    nameShape.test(name) &&
    name !== "." &&
    name !== "..";
  if (isFine && name !== of) return name;
  const text = `answers ${quote(name)} for ${quote(of)}; it should be another name, of a topic`;
  throw new ClientError("INVALID_OPTION", `${what} ${text}`);
}
