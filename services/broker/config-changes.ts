// shell: IncrementalAlterConfigs and AlterConfigs: decided by the active controller; answered once this
// broker goes by the new values.
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { apis, type RequestOf, type ResponseOf } from "../../proto/kafka/apis.ts";
import { seen, toController } from "./forwarding.ts";
import type { BrokerPorts } from "./ports.ts";

const timeoutMs = 10_000;
/** The controller has committed it by then; a broker that lags longer answers before it has seen it. */
const seenWithinMs = 2_000;
const topicResource = 2;
const setOperation = 0;

interface Expected {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly name: string;
  readonly value: string | null;
}

type Result = ResponseOf<"AlterConfigs">["responses"][number];

export async function incrementalAlterConfigs(
  ports: BrokerPorts,
  request: RequestOf<"IncrementalAlterConfigs">,
  context: RequestContext,
): Promise<ResponseOf<"IncrementalAlterConfigs">> {
  const api = apis.IncrementalAlterConfigs;
  const answer = await toController(ports, api, { request, context, timeoutMs });
  const expected = request.resources.flatMap(({ resourceType, resourceName, configs }) =>
    configs
      .filter(({ configOperation }) => configOperation === setOperation)
      .map(({ name, value }) => ({ resourceType, resourceName, name, value })),
  );
  if (!request.validateOnly) await valuesSeen(ports, expected, answer.responses);
  return answer;
}

export async function alterConfigs(
  ports: BrokerPorts,
  request: RequestOf<"AlterConfigs">,
  context: RequestContext,
): Promise<ResponseOf<"AlterConfigs">> {
  const answer = await toController(ports, apis.AlterConfigs, { request, context, timeoutMs });
  const expected = request.resources.flatMap(({ resourceType, resourceName, configs }) =>
    configs.map(({ name, value }) => ({ resourceType, resourceName, name, value })),
  );
  if (!request.validateOnly) await valuesSeen(ports, expected, answer.responses);
  return answer;
}

async function valuesSeen(
  ports: BrokerPorts,
  expected: readonly Expected[],
  results: readonly Result[],
): Promise<void> {
  const isDone = (one: Expected): boolean =>
    results.some(
      ({ resourceType, resourceName, errorCode }) =>
        errorCode === ErrorCode.NONE &&
        resourceType === one.resourceType &&
        resourceName === one.resourceName,
    );
  const done = expected.filter(isDone);
  const isThere = (image: MetadataImage): boolean =>
    done.every(({ resourceType, resourceName, name, value }) => {
      const key = `${resourceType === topicResource ? "topic" : "broker"}:${resourceName}`;
      return image.configs.get(key)?.get(name) === value;
    });
  await seen(ports, isThere, seenWithinMs);
}
