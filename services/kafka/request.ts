// core: one request frame: read, or the reason why its connection must be closed. What answers it is encoded
// here too.

import { ProtocolError } from "../../proto/errors.ts";
import { type AdvertisedVersions, advertised, isServed } from "../../proto/kafka/advertised.ts";
import { type ApiDefinition, type ApiName, apiByKey } from "../../proto/kafka/apis.ts";
import { decodeRequestBody, decodeRequestHeader, type RequestHead } from "../../proto/kafka/frames.ts";
import type { ProduceRequest } from "../../proto/kafka/generated/messages.ts";

export interface OpenedRequest {
  readonly kind: "request";
  readonly name: ApiName;
  readonly api: ApiDefinition;
  readonly head: RequestHead;
  readonly body: unknown;
  /** False: a Produce with acks=0 gets no answer at all. */
  readonly wantsAnswer: boolean;
}

/** A version of ApiVersions that is not known here: the asker gets version 0 and tries again (KIP-511). */
export interface UnknownApiVersions {
  readonly kind: "apiVersions";
  readonly correlationId: number;
}

/** What came cannot be served on any connection: it is closed. */
export interface BadRequest {
  readonly kind: "bad";
  readonly api: string;
  readonly reason: "malformed" | "unknown api" | "unsupported version";
  readonly text: string;
}

function refusal(head: RequestHead, api: ApiDefinition | null): BadRequest | null {
  const name = (api?.name ?? `key ${head.apiKey}`) as ApiName;
  const range: AdvertisedVersions | undefined = api === null ? undefined : advertised[name];
  if (range === undefined) {
    return { kind: "bad", api: name, reason: "unknown api", text: `${name} is not served here` };
  }
  if (isServed(name, head.apiVersion)) return null;
  const text = `${name} is served in versions ${range.serveFrom} to ${range.max}, not in ${head.apiVersion}`;
  return { kind: "bad", api: name, reason: "unsupported version", text };
}

/** The API key of a frame, -1 when it is too short to have one. */
export function apiKeyOf(frame: Uint8Array): number {
  return frame.length < 2 ? -1 : (frame[0]! << 8) | frame[1]!;
}

export function openRequest(frame: Uint8Array): OpenedRequest | UnknownApiVersions | BadRequest {
  let api: ApiDefinition | null = null;
  try {
    const head = decodeRequestHeader(frame);
    api = apiByKey(head.apiKey);
    const refused = refusal(head, api);
    if (refused !== null) {
      const isVersions = api?.name === "ApiVersions";
      return isVersions ? { kind: "apiVersions", correlationId: head.correlationId } : refused;
    }
    const body = decodeRequestBody(api!, head, frame);
    const name = api!.name as ApiName;
    const wantsAnswer = name !== "Produce" || (body as ProduceRequest).acks !== 0;
    return { kind: "request", name, api: api!, head, body, wantsAnswer };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { kind: "bad", api: api?.name ?? "unknown", reason: "malformed", text: error.message };
  }
}
