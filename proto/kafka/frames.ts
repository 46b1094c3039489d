// core: whole requests and responses as they stand on a connection: four bytes of length, a header, a body.
// What encodes returns the length bytes too; what decodes takes a frame without them, as FrameSplitter
// yields it. Which header version belongs to which API and version is known here and nowhere else.
//
// Source: https://kafka.apache.org/protocol#protocol_messages, KIP-482, KIP-511
import { ErrorCode, ProtocolError } from "../errors.ts";
import { advertised } from "./advertised.ts";
import { type ApiDefinition, apiByKey, apis } from "./apis.ts";
import { noteSize, readMessage, sizeHintOf, writeMessage } from "./codec.ts";
import { skipTagged } from "./compile-read.ts";
import type { MetadataRequest } from "./generated/messages.ts";
import { Reader } from "./reader.ts";
import { type Input, inVersions, isFlexible } from "./schema.ts";
import { requestHeader, responseHeader } from "./schemas/headers.ts";
import { joinChunks, Writer } from "./writer.ts";

export interface OutgoingRequest<Req, Res> {
  readonly api: ApiDefinition<Req, Res>;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly body: Input<Req>;
}

export interface OutgoingResponse<Req, Res> {
  readonly api: ApiDefinition<Req, Res>;
  readonly version: number;
  readonly correlationId: number;
  readonly body: Input<Res>;
}

export interface RequestHead {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Where the body starts in the frame; only meaningful when the API and the version are known. */
  readonly bodyAt: number;
}

/** Headers take little; room for them beside the body. */
const headerRoomBytes = 64;

function requestHeaderVersion(api: ApiDefinition, version: number): number {
  return isFlexible(api.request, version) ? 2 : 1;
}

/** ApiVersions answers with the old header always: the asker may not know flexible versions (KIP-511). */
function responseHeaderVersion(api: ApiDefinition, version: number): number {
  return api.key !== apis.ApiVersions.key && isFlexible(api.response, version) ? 1 : 0;
}

function startFrame(sizeHint: number): Writer {
  const writer = new Writer(sizeHint + headerRoomBytes);
  writer.int32(0);
  return writer;
}

function finishFrame(writer: Writer): Uint8Array[] {
  const bytes = writer.size - 4;
  const parts = writer.finish();
  const first = parts[0]!;
  first[0] = bytes >>> 24;
  first[1] = bytes >>> 16;
  first[2] = bytes >>> 8;
  first[3] = bytes;
  return parts;
}

/** In chunks to be written in order; large byte strings of the body are among them uncopied. */
export function encodeRequestParts<Req, Res>(request: OutgoingRequest<Req, Res>): Uint8Array[] {
  const { api, version, correlationId, clientId, body } = request;
  const writer = startFrame(sizeHintOf(api.request, version));
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId };
  writeMessage(writer, requestHeader, requestHeaderVersion(api, version), header);
  writeMessage(writer, api.request, version, body);
  const parts = finishFrame(writer);
  noteSize(api.request, version, writer.copiedBytes);
  return parts;
}

/** In one buffer, which belongs to the caller. */
export function encodeRequest<Req, Res>(request: OutgoingRequest<Req, Res>): Uint8Array {
  return joinChunks(encodeRequestParts(request));
}

/** In chunks to be written in order; large byte strings of the body are among them uncopied. */
export function encodeResponseParts<Req, Res>(response: OutgoingResponse<Req, Res>): Uint8Array[] {
  const { api, version, correlationId, body } = response;
  const writer = startFrame(sizeHintOf(api.response, version));
  writeMessage(writer, responseHeader, responseHeaderVersion(api, version), { correlationId });
  writeMessage(writer, api.response, version, body);
  const parts = finishFrame(writer);
  noteSize(api.response, version, writer.copiedBytes);
  return parts;
}

/** In one buffer, which belongs to the caller. */
export function encodeResponse<Req, Res>(response: OutgoingResponse<Req, Res>): Uint8Array {
  return joinChunks(encodeResponseParts(response));
}

/** Throws ProtocolError. An unknown API or version is no error here: the caller has to look. */
export function decodeRequestHeader(frame: Uint8Array): RequestHead {
  const reader = new Reader(frame, 0);
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const api = apiByKey(apiKey);
  const known = api !== null && inVersions(api.request.versions, apiVersion);
  const correlationId = reader.int32();
  // Not compact in any version: a broker reads it before it knows more.
  const length = reader.length16();
  const clientId = length < 0 ? null : reader.text(length);
  if (known && requestHeaderVersion(api, apiVersion) === 2) skipTagged(reader);
  return { apiKey, apiVersion, correlationId, clientId, bodyAt: reader.at };
}

/**
 * The body of a request whose header was read and whose API and version are known. Byte strings in it are
 * views into the frame. Throws ProtocolError.
 */
export function decodeRequestBody<Req, Res>(
  api: ApiDefinition<Req, Res>,
  head: RequestHead,
  frame: Uint8Array,
): Req {
  const reader = new Reader(frame, head.bodyAt);
  const body = readMessage(reader, api.request, head.apiVersion);
  reader.finish();
  if (api.key === apis.Metadata.key && head.apiVersion === 0) {
    // Version 0 has no null: there an empty list asks for all topics, as null does later.
    const metadata = body as unknown as MetadataRequest;
    if (metadata.topics?.length === 0) metadata.topics = null;
  }
  return body;
}

/** Which of the requests in flight a response answers. */
export function correlationIdOf(frame: Uint8Array): number {
  return new Reader(frame, 0).int32();
}

/**
 * Byte strings in the body are views into the frame. An ApiVersions response that says UNSUPPORTED_VERSION is
 * in version 0 whatever was asked (KIP-511), and read so. Throws ProtocolError.
 */
export function decodeResponse<Req, Res>(
  api: ApiDefinition<Req, Res>,
  version: number,
  frame: Uint8Array,
): { correlationId: number; body: Res } {
  const reader = new Reader(frame, 0);
  const { correlationId } = readMessage(reader, responseHeader, responseHeaderVersion(api, version));
  let bodyVersion = version;
  if (api.key === apis.ApiVersions.key) {
    const errorCode = new Reader(frame, reader.at).int16();
    if (errorCode === ErrorCode.UNSUPPORTED_VERSION) bodyVersion = 0;
  }
  const body = readMessage(reader, api.response, bodyVersion);
  reader.finish();
  return { correlationId, body };
}

/** The answer to an ApiVersions request in a version that is not known: version 0, with its own row only. */
export function encodeApiVersionsFallback(correlationId: number): Uint8Array {
  const { min, max } = advertised.ApiVersions!;
  return encodeResponse({
    api: apis.ApiVersions,
    version: 0,
    correlationId,
    body: {
      errorCode: ErrorCode.UNSUPPORTED_VERSION,
      apiKeys: [{ apiKey: apis.ApiVersions.key, minVersion: min, maxVersion: max }],
    },
  });
}

/** Says why a frame of `bytes` bytes cannot be, or null. */
export function frameSizeProblem(bytes: number, bytesMax: number): ProtocolError | null {
  if (bytes >= 0 && bytes <= bytesMax) return null;
  return new ProtocolError(`a frame of ${bytes} bytes is announced; 0 to ${bytesMax} are allowed`);
}
