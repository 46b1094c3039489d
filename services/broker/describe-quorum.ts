// shell: DescribeQuorum: answered by the active controller, which leads the metadata log.
import type { RequestContext } from "../../proto/broker-api.ts";
import { apis, type RequestOf, type ResponseOf } from "../../proto/kafka/apis.ts";
import { decodeMessage, encodeMessage } from "../../proto/kafka/codec.ts";
import type { BrokerPorts } from "./ports.ts";

const timeoutMs = 5_000;

export async function describeQuorum(
  ports: BrokerPorts,
  request: RequestOf<"DescribeQuorum">,
  { apiVersion, clientId }: RequestContext,
): Promise<ResponseOf<"DescribeQuorum">> {
  const { request: schema, response, key } = apis.DescribeQuorum;
  const body = encodeMessage(schema, apiVersion, request);
  const answer = await ports.controller.forward({ apiKey: key, apiVersion, clientId, body, timeoutMs });
  return decodeMessage(response, apiVersion, answer);
}
