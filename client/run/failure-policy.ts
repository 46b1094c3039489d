// core: what becomes of a record whose handler failed: stages that are gone through one after the other, said
// by a program as `retry({ attempts: 5 }).then(retryTopics({ delaysMs: [10_000] })).then(deadLetter())`.
// Decides the next step from what is known of the failure; carries nothing out.
import { limits } from "../../base/limits.ts";
import { ClientError } from "../errors.ts";
import { type OptionRule, type OptionRules, readOptions, whole } from "../options/read-options.ts";

export interface RetryOptions {
  /** How often the handler is called for a record, the first time included. */
  readonly attempts: number;
  /** Wait before the second attempt; 100 if not given. */
  readonly backoffMs: number;
  /** Longest wait before an attempt; 10_000 if not given. */
  readonly maxBackoffMs: number;
  /** Growth of the wait from one attempt to the next; 2 if not given. */
  readonly factor: number;
  /** Deviation of the wait to both sides, as a part of the whole (0 to 1); 0.2 if not given. */
  readonly jitter: number;
}

export interface RetryTopicsOptions {
  /** One retry topic for each: how long a record waits there before its handler is called again. */
  readonly delaysMs: readonly number[];
  /** Name of the n-th (from 1); `${topic}-retry-${n}` if not given. */
  readonly name: (topic: string, n: number) => string;
}

export interface DeadLetterOptions {
  /** Name of the dead-letter topic; `${topic}-dlq` if not given. */
  readonly topic: (name: string) => string;
}

export type FailureStage =
  | ({ readonly kind: "retry" } & RetryOptions)
  | ({ readonly kind: "retryTopics" } & RetryTopicsOptions)
  | ({ readonly kind: "deadLetter" } & DeadLetterOptions)
  | { readonly kind: "stop" }
  | { readonly kind: "skip" };

const order = { retry: 0, retryTopics: 1, deadLetter: 2, stop: 2, skip: 2 } as const;

/**
 * What to do with records whose handler failed. Made by `retry`, `retryTopics`, `deadLetter`, `stop`,
 * `skip`.
 */
export class FailurePolicy {
  readonly stages: readonly FailureStage[];

  constructor(stages: readonly FailureStage[]) {
    this.stages = stages;
  }

  /**
   * What is done when this did not help. Stages stand in the order retry, retryTopics, then one of
   * deadLetter, stop and skip; each once at most. Throws ClientError INVALID_OPTION. (A policy is no
   * promise: it cannot be awaited, and so not be returned by an async function.)
   */
  // biome-ignore lint/suspicious/noThenProperty: the word for it; taken for a promise, it says so.
  then(next: FailurePolicy): FailurePolicy {
    if (!(next instanceof FailurePolicy)) {
      const text = "a failure policy is no promise: it cannot be awaited or returned by an async function";
      throw new ClientError("INVALID_OPTION", `onError: ${text}`);
    }
    const stages = [...this.stages, ...next.stages];
    for (let at = 1; at < stages.length; at++) {
      const [before, after] = [stages[at - 1]!.kind, stages[at]!.kind];
      if (order[before] < order[after]) continue;
      const text = "the order is retry, retryTopics, then one of deadLetter, stop and skip";
      throw new ClientError("INVALID_OPTION", `onError: ${after} cannot come after ${before}; ${text}`);
    }
    return new FailurePolicy(stages);
  }
}

const share: OptionRules<RetryOptions>["jitter"] = {
  defaultValue: 0.2,
  problem: (value) => (typeof value === "number" && value >= 0 && value <= 1 ? null : "a number from 0 to 1"),
};

const retryRules: OptionRules<RetryOptions> = {
  attempts: { ...whole(1, 1_000_000, 1), defaultValue: undefined },
  backoffMs: whole(0, 86_400_000, 100),
  maxBackoffMs: whole(0, 86_400_000, 10_000),
  factor: {
    defaultValue: 2,
    problem: (value) => (typeof value === "number" && value >= 1 && value <= 1000 ? null : "a number from 1"),
  },
  jitter: share,
};

/**
 * Calls the handler again, `attempts` times in all, with growing waits between. Records behind it that must
 * come after it (the same key, or the same partition: see `order`) wait meanwhile. What comes from a retry
 * topic is tried once there. Throws ClientError INVALID_OPTION.
 */
export function retry(options: Partial<RetryOptions> & Pick<RetryOptions, "attempts">): FailurePolicy {
  return new FailurePolicy([{ kind: "retry", ...readOptions("retry", retryRules, options) }]);
}

const retryTopicsRules: OptionRules<RetryTopicsOptions> = {
  delaysMs: {
    defaultValue: undefined,
    problem: (value) => {
      const isFine = (item: unknown): boolean =>
        Number.isInteger(item) && (item as number) >= 0 && (item as number) <= limits.runRetryDelayMsMax;
      const isList = Array.isArray(value) && value.length > 0 && value.length <= limits.runRetryTopicsMax;
      if (isList && value.every(isFine)) return null;
      return `a list of 1 to ${limits.runRetryTopicsMax} whole numbers of milliseconds`;
    },
  },
  name: naming((topic: string, n: number) => `${topic}-retry-${n}`),
};

function naming<F extends (...given: never[]) => string>(defaultValue: F) {
  return {
    defaultValue,
    problem: (value: unknown) => (typeof value === "function" ? null : "a function that answers a name"),
  };
}

/**
 * Writes the record to a retry topic and goes on; `run` reads that topic too and calls the handler again
 * when the record is due there, in the first topic after the first delay, and so on. Later records of the
 * same key are not kept waiting: from here on the order by key or partition is given up. The topics are made
 * if they are missing, with as many partitions as the original; a record keeps its partition, key, value and
 * headers, and gets more: `ottla-retry-topic`, `-partition`, `-offset` and `-timestamp` of the original,
 * `-attempt` (how many there were), `-due` (Unix ms), `-error` and `-message`. Retry topics are read by every
 * run that has them: groups that read the same topic need a `name` each. Throws ClientError INVALID_OPTION.
 */
export function retryTopics(
  options: Partial<RetryTopicsOptions> & Pick<RetryTopicsOptions, "delaysMs">,
): FailurePolicy {
  const read = readOptions("retryTopics", retryTopicsRules, options);
  return new FailurePolicy([{ kind: "retryTopics", ...read, delaysMs: [...read.delaysMs] }]);
}

const deadLetterRules: OptionRules<DeadLetterOptions> = { topic: naming((name: string) => `${name}-dlq`) };

/**
 * Writes the record to a dead-letter topic and goes on: with its original key, value and headers, in the
 * partition of the same number, and with headers that tell the cause: `ottla-error-topic`, `-partition`,
 * `-offset` and `-timestamp` of the original, `-attempts`, and `-class`, `-message` and `-stack` of the error
 * (the last two bounded, and left out of a record that would be too large with them). The topic is made if
 * it is missing. Throws ClientError INVALID_OPTION.
 */
export function deadLetter(options: Partial<DeadLetterOptions> = {}): FailurePolicy {
  return new FailurePolicy([{ kind: "deadLetter", ...readOptions("deadLetter", deadLetterRules, options) }]);
}

/**
 * Ends the run: it rejects with the handler's error as its cause, and the position stays before the record.
 */
export function stop(): FailurePolicy {
  return new FailurePolicy([{ kind: "stop" }]);
}

/** Passes the record over, tells `onEvent` and the log of it, and goes on. */
export function skip(): FailurePolicy {
  return new FailurePolicy([{ kind: "skip" }]);
}

/** What is known when a handler has failed. */
export interface Failure {
  /** How often the handler was called for the record, in this topic. */
  readonly attempt: number;
  /** 0: it was read from the topic itself; n: from its n-th retry topic. */
  readonly level: number;
  /** Trying again would not help. */
  readonly isPoison: boolean;
  /** Uniform in [0, 1), for the jitter. */
  readonly draw: number;
}

export type FailureStep =
  /** Call the handler again after so long. */
  | { readonly kind: "again"; readonly delayMs: number }
  /** Put it into the retry topic of that level. */
  | { readonly kind: "retryTopic"; readonly level: number; readonly delayMs: number }
  | { readonly kind: "deadLetter" }
  | { readonly kind: "skip" }
  | { readonly kind: "stop" };

/** The next step; after the last stage, and without any, it is "stop". */
export function nextStep(policy: FailurePolicy, failure: Failure): FailureStep {
  const { attempt, level, isPoison } = failure;
  for (const stage of policy.stages) {
    if (stage.kind === "retry") {
      if (isPoison || level > 0 || attempt >= stage.attempts) continue;
      return { kind: "again", delayMs: backoffMs(stage, attempt, failure.draw) };
    }
    if (stage.kind === "retryTopics") {
      const delayMs = stage.delaysMs[level];
      if (isPoison || delayMs === undefined) continue;
      return { kind: "retryTopic", level: level + 1, delayMs };
    }
    return { kind: stage.kind };
  }
  return { kind: "stop" };
}

/** Wait after so many attempts, exponential and capped. */
function backoffMs(stage: RetryOptions, attempt: number, draw: number): number {
  // The growth may be beyond all numbers; nothing times that would be none at all.
  if (stage.backoffMs === 0) return 0;
  const plain = Math.min(stage.maxBackoffMs, stage.backoffMs * stage.factor ** (attempt - 1));
  return Math.min(stage.maxBackoffMs, plain * (1 + stage.jitter * (2 * draw - 1)));
}

/** The rule of the option `onError`. */
export const policyRule: OptionRule<FailurePolicy> = {
  defaultValue: stop(),
  problem: (value) => {
    if (value instanceof FailurePolicy) return null;
    return "what retry(...), retryTopics(...), deadLetter(...), stop() or skip() answer, joined by .then()";
  },
};
