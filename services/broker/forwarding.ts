// shell: requests that the active controller decides: sent on in the Kafka encoding; the answer may wait,
// within the request's time, until this broker has seen the change, so that whoever asks it next finds what
// was promised.
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import type { ApiDefinition } from "../../proto/kafka/apis.ts";
import { decodeMessage, encodeMessage } from "../../proto/kafka/codec.ts";
import type { Input } from "../../proto/kafka/schema.ts";
import type { BrokerPorts } from "./ports.ts";

/** A request that gives less time than this still gets it: a controller may have to be found first. */
const timeoutMsMin = 500;

export interface Deadline {
  leftMs(): number;
}

export function deadline({ clock }: Pick<BrokerPorts, "clock">, timeoutMs: number): Deadline {
  const atMs = clock.monotonicMs() + Math.max(timeoutMsMin, timeoutMs);
  return { leftMs: () => Math.max(0, atMs - clock.monotonicMs()) };
}

/** Throws BrokerError REQUEST_TIMED_OUT, and what the controller refuses as a whole. */
export async function toController<Req, Res>(
  ports: BrokerPorts,
  api: ApiDefinition<Req, Res>,
  call: {
    request: Input<Req>;
    context: Pick<RequestContext, "apiVersion" | "clientId">;
    timeoutMs: number;
  },
): Promise<Res> {
  const { apiVersion, clientId } = call.context;
  const body = await ports.controller.forward({
    ...{ apiKey: api.key, apiVersion, clientId },
    body: encodeMessage(api.request, apiVersion, call.request),
    timeoutMs: call.timeoutMs,
  });
  return decodeMessage(api.response, apiVersion, body);
}

/** Resolves once the image is as wanted, or when time is up: the change itself is committed either way. */
export async function seen(
  { metadata, clock }: Pick<BrokerPorts, "metadata" | "clock">,
  isAsWanted: (image: MetadataImage) => boolean,
  timeoutMs: number,
): Promise<void> {
  if (isAsWanted(metadata.image)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = metadata.watch(() => {
    if (isAsWanted(metadata.image)) resolve();
  });
  const timer = clock.after(timeoutMs, resolve);
  await promise;
  timer.cancel();
  stop();
}
