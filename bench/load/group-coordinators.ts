// adapter: which broker coordinates which group, asked until each has one: the topic behind it is made when
// somebody asks for the first time.
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { until } from "../until.ts";
import { ask } from "./ask.ts";

const readyMs = 60_000;
const keysMax = 1_000;

/** The address of the coordinator of each group, in their order. */
export async function coordinatorsOf(bootstrap: string, groups: readonly string[]): Promise<string[]> {
  const found = new Map<string, string>();
  const address = bootstrap.split(",")[0]!;
  await until(`${groups.length} groups have a coordinator`, readyMs, async () => {
    const coordinatorKeys = groups.filter((group) => !found.has(group)).slice(0, keysMax);
    const { coordinators } = await ask(address, apis.FindCoordinator, 4, { keyType: 0, coordinatorKeys });
    for (const { key, host, port, errorCode } of coordinators) {
      if (errorCode === ErrorCode.NONE) found.set(key, `${host}:${port}`);
    }
    return found.size === groups.length;
  });
  return groups.map((group) => found.get(group)!);
}
