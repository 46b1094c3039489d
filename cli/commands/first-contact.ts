// shell: makes sure that somebody answers at the bootstrap servers before a command begins. A client goes on
// trying for a minute, since a broker may come back; whoever sits before a terminal has rather mistyped a
// name, or forgotten to start the cluster, and shall be told soon and plainly.
import type { ClientEnv } from "../../base/ports/env.ts";
import type { Address } from "../../base/ports/network.ts";
import { deferred } from "../../base/waits.ts";
import { addressText, parseBootstrap } from "../../client/connection/address.ts";
import { Connection } from "../../client/connection/connection.ts";
import { ClientError } from "../../client/errors.ts";
import { ClusterFailure } from "../usage-error.ts";

/** How long a server may take to be there: one that was just started needs a moment. */
const patienceMs = 5_000;
/** Between one look at all servers and the next. */
const pauseMs = 250;

interface Failure {
  readonly text: string;
  /** Beyond a look at the list of servers. */
  readonly remedy: string | null;
  /** Trying again soon will not help. */
  readonly isFinal: boolean;
}

/**
 * Resolves once one of the servers speaks the Kafka protocol. Rejects with ClusterFailure: at once when time
 * will not help (unknown names, servers of another kind), else after five seconds. Rejects with ClientError
 * INVALID_OPTION when `bootstrap` is no list of servers.
 */
export async function firstContact(env: ClientEnv, bootstrap: string): Promise<void> {
  const addresses = parseBootstrap(bootstrap);
  const deadlineMs = env.clock.monotonicMs() + patienceMs;
  for (;;) {
    const leftMs = deadlineMs - env.clock.monotonicMs();
    const failures = await failuresAt(env, addresses, Math.max(leftMs, pauseMs));
    if (failures === null) return;
    const isOver = env.clock.monotonicMs() + pauseMs >= deadlineMs;
    if (isOver || failures.every(({ isFinal }) => isFinal)) throw failureOf(failures);
    const pause = deferred<void>();
    env.clock.after(pauseMs, () => pause.resolve());
    await pause.promise;
  }
}

/** Null: one of them answered. */
async function failuresAt(
  env: ClientEnv,
  addresses: readonly Address[],
  timeoutMs: number,
): Promise<readonly Failure[] | null> {
  const settings = { clientId: "ottla", connectTimeoutMs: timeoutMs, requestTimeoutMs: timeoutMs };
  const attempts = addresses.map(async (address) => {
    (await Connection.open(env, address, settings)).close();
  });
  try {
    await Promise.any(attempts);
    return null;
  } catch (error) {
    const { errors } = error as AggregateError;
    return errors.map((each, at) => describe(addresses[at]!, each));
  }
}

function describe(address: Address, error: unknown): Failure {
  const where = addressText(address);
  const cause = error instanceof ClientError ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    const text = `${where}: the name ${JSON.stringify(address.host)} is not known (${code})`;
    return { text, remedy: null, isFinal: code === "ENOTFOUND" };
  }
  if (code === "ECONNREFUSED") {
    const remedy = "start the cluster (for one on this machine: ottla dev)";
    return { text: `${where}: nothing listens there (${code})`, remedy, isFinal: false };
  }
  if (error instanceof ClientError && error.code === "MALFORMED_ANSWER") {
    const text = `${where}: what answers there does not speak the Kafka protocol`;
    return { text, remedy: "name the port for Kafka clients", isFinal: true };
  }
  if (code === "ETIMEDOUT" || (error instanceof ClientError && error.code === "REQUEST_TIMED_OUT")) {
    const remedy = "see whether the broker runs, and whether a firewall lets you through";
    return { text: `${where}: no answer within ${patienceMs / 1_000} s`, remedy, isFinal: false };
  }
  const text = error instanceof Error ? error.message : String(error);
  return { text: text.includes(where) ? text : `${where}: ${text}`, remedy: null, isFinal: false };
}

function failureOf(failures: readonly Failure[]): ClusterFailure {
  const texts = failures.map(({ text }) => text).join("; ");
  const remedies = new Set(failures.map(({ remedy }) => remedy).filter((remedy) => remedy !== null));
  const whatToDo = [...remedies, "check --bootstrap (or KAFKA_BOOTSTRAP)"].join(", or ");
  return new ClusterFailure(`no bootstrap server can be reached: ${texts}. What to do: ${whatToDo}.`);
}
