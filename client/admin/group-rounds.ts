// shell: how requests about groups reach their coordinators: all groups of one coordinator together, and
// again for those whose coordinator moved, is loading or could not be reached. Knows no request.
import { limits } from "../../base/limits.ts";
import { BrokerError, type ErrorName } from "../../proto/errors.ts";
import type { Coordinator } from "../cluster/coordinators.ts";
import { asError, ClientError, isRetriable } from "../errors.ts";
import { quote } from "../options/read-options.ts";
import type { AdminCalls } from "./admin-calls.ts";

/** A text in the protocol's older versions has at most so many bytes. */
export const groupIdBytesMax = 32_767;

/** While a coordinator moves or settles. Others that the table calls retriable are final here. */
const passing: ReadonlySet<ErrorName> = new Set<ErrorName>([
  "COORDINATOR_LOAD_IN_PROGRESS",
  "COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR",
  "REQUEST_TIMED_OUT",
  "UNSTABLE_OFFSET_COMMIT",
]);

/** What a coordinator said of each group it was asked about. */
export type GroupAnswers<T> = ReadonlyMap<string, T | Error>;

/**
 * For each group what its coordinator answered, or the BrokerError or ClientError with which that is final.
 * `ask` is told how many rounds came before. Rejects with ClientError TIMED_OUT.
 */
export async function atCoordinators<T>(
  calls: AdminCalls,
  what: string,
  groups: readonly string[],
  ask: (coordinator: Coordinator, ids: readonly string[], before: number) => Promise<GroupAnswers<T>>,
): Promise<Map<string, T | Error>> {
  const outcomes = new Map<string, T | Error>();
  await calls.retrying(what, async (before) => {
    const open = [...new Set(groups)].filter((id) => !outcomes.has(id));
    const found = await calls.coordinators.findAll(open);
    const problems: Error[] = [];
    const settle = (id: string, outcome: T | Error): void => {
      if (!(outcome instanceof Error && passes(outcome))) outcomes.set(id, outcome);
      else problems.push(outcome);
      if (outcome instanceof BrokerError && movesAway(outcome)) calls.coordinators.forget(id);
    };
    const shares = new Map<number, { coordinator: Coordinator; ids: string[] }>();
    for (const [id, coordinator] of found) {
      if (coordinator instanceof Error) settle(id, coordinator);
      else if (shares.get(coordinator.id)?.ids.push(id) === undefined)
        shares.set(coordinator.id, { coordinator, ids: [id] });
    }
    const askFor = async (coordinator: Coordinator, ids: readonly string[]): Promise<void> => {
      try {
        const answers = await ask(coordinator, ids, before);
        for (const id of ids)
          settle(id, answers.has(id) ? (answers.get(id) as T | Error) : leftOut(what, id));
      } catch (error) {
        for (const id of ids) settle(id, asError(error));
      }
    };
    const asked = [...shares.values()].map(async ({ coordinator, ids }) => {
      for (let at = 0; at < ids.length; at += limits.groupsPerRequestMax)
        await askFor(coordinator, ids.slice(at, at + limits.groupsPerRequestMax));
    });
    await Promise.all(asked);
    if (problems.length > 0) throw problems[0];
  });
  return outcomes;
}

/** The same for one group; rejects with what is final. */
export async function atCoordinator<T>(
  calls: AdminCalls,
  what: string,
  group: string,
  ask: (coordinator: Coordinator, before: number) => Promise<T | Error>,
): Promise<T> {
  const outcomes = await atCoordinators(calls, what, [group], async (coordinator, _ids, before) => {
    return new Map([[group, await ask(coordinator, before)]]);
  });
  const outcome = outcomes.get(group)!;
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

/** Throws ClientError INVALID_OPTION for what can be no group's id. */
export function checkGroupId(what: string, id: unknown): void {
  if (typeof id !== "string" || id === "") {
    throw new ClientError("INVALID_OPTION", `${what}: the group id is ${quote(id)}; it should be a name`);
  }
  const bytes = new TextEncoder().encode(id).length;
  if (bytes <= groupIdBytesMax) return;
  const text = `${what}: the group id ${quote(id.slice(0, 40))}... has ${bytes} bytes`;
  throw new ClientError("INVALID_OPTION", `${text}; at most ${groupIdBytesMax} are possible`);
}

function passes(error: Error): boolean {
  return error instanceof BrokerError ? passing.has(error.errorName) : isRetriable(error);
}

function movesAway({ errorName }: BrokerError): boolean {
  return errorName === "NOT_COORDINATOR" || errorName === "COORDINATOR_NOT_AVAILABLE";
}

function leftOut(what: string, id: string): ClientError {
  return new ClientError("MALFORMED_ANSWER", `${what}: the answer leaves out group ${id}`);
}
