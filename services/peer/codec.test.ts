// test: the codec of the messages between brokers against protobufjs for the same peer.proto, in both
// directions, and against hostile bytes. The generated types are those of the .proto as it stands.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../proto/errors.ts";
import { type MessageCodec, peerCodecs } from "../../proto/peer/codec.ts";
import * as tables from "../../proto/peer/generated/messages.ts";
import type * as api from "../../proto/peer/peer-api.ts";
import type { FieldTable, MessageTable } from "../../proto/peer/table.ts";
import { typesText } from "./types-text.ts";

// The types made from the .proto are those of peer-api.ts, in both directions; the compiler says if not.
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : never) : never;
const sameTypes: [
  Same<tables.ForwardRequest, api.ForwardRequest>,
  Same<tables.ForwardResponse, api.ForwardResponse>,
  Same<tables.RegisterBrokerRequest, api.RegisterBrokerRequest>,
  Same<tables.RegisterBrokerResponse, api.RegisterBrokerResponse>,
  Same<tables.AlterPartitionRequest, api.AlterPartitionRequest>,
  Same<tables.AlterPartitionResponse, api.AlterPartitionResponse>,
  Same<tables.AllocateProducerIdsRequest, api.AllocateProducerIdsRequest>,
  Same<tables.AllocateProducerIdsResponse, api.AllocateProducerIdsResponse>,
  Same<tables.SessionBeat, api.SessionBeat>,
  Same<tables.SessionAnswer, api.SessionAnswer>,
  Same<tables.RaftMessage, api.RaftMessage>,
  Same<tables.PullPositions, api.PullPositions>,
  Same<tables.PullData, api.PullData>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true];

const protoText = readFileSync(new URL("../../proto/peer/peer.proto", import.meta.url), "utf8");
const root = protobuf.parse(protoText, { keepCase: false }).root;
const names = Object.keys(peerCodecs) as (keyof typeof peerCodecs)[];

function tableOf(name: string): MessageTable {
  const key = `${name[0]!.toLowerCase()}${name.slice(1)}Table`;
  return (tables as unknown as Record<string, MessageTable>)[key]!;
}

function scalar({ type }: FieldTable): fc.Arbitrary<unknown> {
  if (type === "bool") return fc.boolean();
  if (type === "uint32") return fc.nat({ max: 0xffff_ffff });
  if (type === "sint32") return fc.integer();
  if (type === "sint64") return fc.oneof(fc.integer({ min: -1, max: 1000 }), fc.maxSafeNat());
  if (type === "string") return fc.string({ unit: "binary", maxLength: 30 });
  if (type === "bytes") return fc.uint8Array({ maxLength: 400 });
  return "values" in type ? fc.constantFrom(...type.values) : messages(type);
}

function messages(table: MessageTable): fc.Arbitrary<Record<string, unknown>> {
  const fields = table.fields.map((field): [string, fc.Arbitrary<unknown>] => {
    const one = scalar(field);
    if (field.repeated) return [field.name, fc.array(one, { maxLength: 5 })];
    return [field.name, field.optional ? fc.option(one, { nil: null }) : one];
  });
  return fc.record(Object.fromEntries(fields)) as fc.Arbitrary<Record<string, unknown>>;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/**
 * The message as protobufjs takes it: enum values by their names in the .proto, null and defaults left out.
 */
function forProtobuf(table: MessageTable, message: Record<string, unknown>): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const { name, type, repeated, optional } of table.fields) {
    const value = message[name];
    const isDefault = value === 0 || value === "" || value === false || value === "hello";
    if (value === null || (isDefault && !optional) || (type === "bytes" && isEmpty(value))) continue;
    if (typeof type === "string") plain[name] = value;
    else if ("values" in type) plain[name] = snake(value as string);
    else if (repeated)
      plain[name] = (value as Record<string, unknown>[]).map((one) => forProtobuf(type, one));
  }
  return plain;
}

const isEmpty = (value: unknown): boolean => (value as Uint8Array).length === 0;
const sameBytes = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

/** Byte strings as plain arrays, so that views and buffers compare by content. */
function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(comparable);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, comparable(inner)]));
}

describe("codec of the messages between brokers", () => {
  it("has the generated types of the .proto as it stands, for every message", () => {
    expect(sameTypes).toHaveLength(names.length);
    const text = readFileSync(new URL("../../proto/peer/generated/messages.ts", import.meta.url), "utf8");
    expect(text).toBe(typesText(protoText));
  });

  for (const name of names) {
    const table = tableOf(name);
    const codec = peerCodecs[name] as MessageCodec<unknown>;
    const type = root.lookupType(`ottla.peer.v1.${name}`);

    it(`writes ${name} as protobufjs does, and both read it back`, () => {
      fc.assert(
        fc.property(messages(table), (message) => {
          const ours = codec.encode(message);
          const theirs = type.encode(type.fromObject(forProtobuf(table, message))).finish();
          expect(sameBytes(ours, theirs)).toBe(true);
          expect(comparable(codec.decode(theirs))).toEqual(comparable(message));
        }),
        { numRuns: 200 },
      );
    });

    it(`refuses damaged ${name} with ProtocolError and nothing else`, () => {
      fc.assert(
        fc.property(messages(table), fc.nat(), fc.nat({ max: 255 }), fc.nat(), (message, at, byte, cut) => {
          const bytes = Buffer.from(codec.encode(message));
          if (bytes.length > 0) bytes[at % bytes.length] = byte;
          try {
            codec.decode(bytes.subarray(0, bytes.length - (cut % (bytes.length + 1))));
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        }),
        { numRuns: 200 },
      );
    });
  }

  it("skips fields that a newer broker may send", () => {
    const newer = Buffer.concat([
      Buffer.from([0xf2, 0x07, 3, 1, 2, 3]),
      peerCodecs.SessionAnswer.encode({ errorCode: 0, fenced: true, shouldShutdown: false }),
      Buffer.from([0xf8, 0x07, 1, 0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8, 0xfd, 0x07, 1, 2, 3, 4]),
    ]);
    expect(peerCodecs.SessionAnswer.decode(newer)).toEqual({
      errorCode: 0,
      fenced: true,
      shouldShutdown: false,
    });
  });

  it("gives the records of a part as a view into the message", () => {
    const part = {
      topicId: "AAAAAAAAAAAAAAAAAAAAAA",
      partition: 3,
      leaderEpoch: 1,
      errorCode: -1,
      highWatermark: 2 ** 53 - 1,
      logStartOffset: 0,
      divergingEpoch: -1,
      divergingEnd: -1,
      round: 1,
      readOffset: 10,
      records: Buffer.from("records"),
    };
    const bytes = peerCodecs.PullData.encode({ parts: [part] });
    const [read] = peerCodecs.PullData.decode(bytes).parts;
    expect(comparable(read)).toEqual(comparable(part));
    expect(read!.records.buffer).toBe(bytes.buffer);
  });
});
