// shell: AddRaftVoter and RemoveRaftVoter: sent on to the active controller, which leads the metadata log.
//
// Source: KIP-853
import type { RequestContext } from "../../proto/broker-api.ts";
import { apis, type RequestOf, type ResponseOf } from "../../proto/kafka/apis.ts";
import { toController } from "./forwarding.ts";
import type { BrokerPorts } from "./ports.ts";

/** The answer comes once the change is committed; this for the way. */
const graceMs = 5_000;
const catchUpMs = 60_000;

export function addRaftVoter(
  ports: BrokerPorts,
  request: RequestOf<"AddRaftVoter">,
  context: RequestContext,
): Promise<ResponseOf<"AddRaftVoter">> {
  const timeoutMs = (request.timeoutMs > 0 ? request.timeoutMs : catchUpMs) + graceMs;
  return toController(ports, apis.AddRaftVoter, { request, context, timeoutMs });
}

export function removeRaftVoter(
  ports: BrokerPorts,
  request: RequestOf<"RemoveRaftVoter">,
  context: RequestContext,
): Promise<ResponseOf<"RemoveRaftVoter">> {
  return toController(ports, apis.RemoveRaftVoter, { request, context, timeoutMs: 4 * graceMs });
}
