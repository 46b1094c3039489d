// test: the codec, over every message in every version: what goes in comes out; what a stranger sends is a
// value or a ProtocolError, soon.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryMessage, versionsOf } from "../../test/kafka/arbitrary-message.ts";
import { BrokerError, ProtocolError } from "../errors.ts";
import { decodeMessage, defaultMessage, encodeMessage, encodeMessageParts } from "./codec.ts";
import { field, list, message, struct } from "./schema.ts";
import { fetchRequest, fetchResponse } from "./schemas/fetch.ts";
import { metadataRequest, metadataResponse } from "./schemas/metadata.ts";
import { produceRequest } from "./schemas/produce.ts";
import { allSchemas } from "./types-text.ts";

/** Answers the value, or null for a ProtocolError; any other error fails the test. */
function decodeOrNull(
  schema: Parameters<typeof decodeMessage>[0],
  version: number,
  bytes: Uint8Array,
): unknown {
  try {
    return decodeMessage(schema, version, bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

const mutations = fc.array(
  fc.record({
    kind: fc.constantFrom("set", "insert", "remove", "cut"),
    place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 255 })),
  }),
  { minLength: 1, maxLength: 4 },
);

type Mutation = { kind: string; place: number; byte: number };

function mutate(bytes: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  let made = [...bytes];
  for (const { kind, place, byte } of changes) {
    const at = Math.floor(place * made.length);
    if (kind === "set" && made.length > 0) made[at] = byte;
    else if (kind === "insert") made.splice(at, 0, byte);
    else if (kind === "remove") made.splice(at, 1);
    else made = made.slice(0, at);
  }
  return Uint8Array.from(made);
}

const everything = allSchemas().flatMap((schema) =>
  versionsOf(schema).map((version) => ({ schema, version })),
);

describe("every message in every version", () => {
  it("is decoded to what was encoded", () => {
    for (const { schema, version } of everything) {
      const property = fc.property(arbitraryMessage(schema, version), (value) => {
        const bytes = encodeMessage(schema, version, value);
        expect(decodeMessage(schema, version, bytes), `${schema.name} v${version}`).toEqual(value);
      });
      fc.assert(property, { numRuns: 12 });
    }
  });

  it("is a value or a ProtocolError when its bytes are damaged", () => {
    for (const { schema, version } of everything) {
      const property = fc.property(arbitraryMessage(schema, version), mutations, (value, changes) => {
        const damaged = mutate(encodeMessage(schema, version, value), changes);
        decodeOrNull(schema, version, damaged);
      });
      fc.assert(property, { numRuns: 15 });
    }
  });

  it("is a value or a ProtocolError for random bytes", () => {
    for (const { schema, version } of everything) {
      const property = fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        decodeOrNull(schema, version, bytes);
      });
      fc.assert(property, { numRuns: 15 });
    }
  });

  it("takes nothing after its end", () => {
    for (const { schema, version } of everything) {
      const bytes = Buffer.concat([encodeMessage(schema, version, {}), Buffer.from([0])]);
      expect(() => decodeMessage(schema, version, bytes), `${schema.name} v${version}`).toThrow(
        ProtocolError,
      );
    }
  });
});

describe("encoding", () => {
  it("gives what is missing its default", () => {
    expect(decodeMessage(fetchRequest, 12, encodeMessage(fetchRequest, 12, {}))).toEqual(
      defaultMessage(fetchRequest),
    );
    expect(defaultMessage(fetchRequest)).toMatchObject({ replicaId: -1, maxBytes: 0x7fffffff, rackId: "" });
    expect(defaultMessage(fetchRequest).replicaState).toEqual({ replicaId: -1, replicaEpoch: -1 });
  });

  it("writes the bytes that the protocol's pages say", () => {
    const v1 = encodeMessage(metadataRequest, 1, { topics: [{ name: "ab" }] });
    expect(Buffer.from(v1).toString("hex")).toBe("00000001" + "0002" + "6162");
    const v9 = encodeMessage(metadataRequest, 9, { topics: [{ name: "ab" }], allowAutoTopicCreation: false });
    expect(Buffer.from(v9).toString("hex")).toBe("02" + "036162" + "00" + "00" + "00" + "00" + "00");
    const all = encodeMessage(metadataRequest, 12, { topics: null });
    expect(Buffer.from(all).toString("hex")).toBe("00" + "01" + "00" + "00");
    const produced = encodeMessage(produceRequest, 3, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: "t", partitionData: [{ index: 1, records: Uint8Array.of(9, 8) }] }],
    });
    expect(Buffer.from(produced).toString("hex")).toBe(
      "ffff" + "ffff" + "00007530" + "00000001" + "000174" + "00000001" + "00000001" + "00000002" + "0908",
    );
  });

  it("writes tagged fields in order and only when they are not the default", () => {
    const bytes = encodeMessage(fetchRequest, 17, { clusterId: "c", replicaState: { replicaId: 3 } });
    const tail = Buffer.from(bytes).subarray(-20).toString("hex");
    expect(tail).toBe("02" + "00" + "02" + "0263" + "01" + "0d" + "00000003" + "ffffffffffffffff" + "00");
    expect(Buffer.from(encodeMessage(fetchRequest, 17, {})).at(-1)).toBe(0);
  });

  it("passes large records on uncopied", () => {
    const records = new Uint8Array(100_000).fill(7);
    const value = { responses: [{ topic: "t", partitions: [{ records }, { records }] }] };
    const parts = encodeMessageParts(fetchResponse, 12, value);
    expect(parts.filter((part) => part === records)).toHaveLength(2);
    const decoded = decodeMessage(fetchResponse, 12, Buffer.concat(parts));
    expect(decoded.responses[0]!.partitions[1]!.records).toEqual(Buffer.from(records));
  });

  it("refuses in a request what its version cannot carry, and drops it in a response", () => {
    expect(() => encodeMessage(fetchRequest, 12, { replicaState: { replicaId: 3 } })).toThrow(BrokerError);
    expect(() => encodeMessage(metadataRequest, 3, { allowAutoTopicCreation: false })).toThrow(/version 3/);
    const old = encodeMessage(metadataResponse, 0, { topics: [{ name: null }], clusterId: "c" });
    expect(decodeMessage(metadataResponse, 0, old)).toMatchObject({
      topics: [{ name: "" }],
      clusterId: null,
    });
  });

  it("refuses values that do not fit, naming them", () => {
    const bad = (value: unknown) => () => encodeMessage(produceRequest, 9, value as object);
    expect(bad({ acks: 40_000 })).toThrow(TypeError);
    expect(bad({ acks: 1.5 })).toThrow(TypeError);
    expect(bad({ timeoutMs: "9" })).toThrow(TypeError);
    expect(bad({ topicData: null })).toThrow(/topicData/);
    expect(bad({ topicData: [{ name: "x".repeat(40_000) }] })).toThrow(TypeError);
    expect(() => encodeMessage(produceRequest, 99, {})).toThrow(/0 to 12/);
  });
});

describe("decoding hostile bytes", () => {
  it("checks counts against the bytes that are left before making anything", () => {
    const huge = Buffer.from("7fffffff" + "0002" + "6162", "hex");
    expect(() => decodeMessage(metadataRequest, 1, huge)).toThrow(/2147483647 elements/);
    const compact = Buffer.from("ffffffff0f", "hex");
    expect(() => decodeMessage(metadataRequest, 9, compact)).toThrow(ProtocolError);
  });

  it("bounds the number of values", () => {
    const many = message<{ items: number[] }>("Many", { kind: "data", versions: "0", flexible: "none" }, [
      field("items", "[]int8", "0"),
    ]);
    const bytes = Buffer.alloc(4 + 5_000_000);
    bytes.writeInt32BE(5_000_000);
    expect(() => decodeMessage(many, 0, bytes)).toThrow(/more than 4000000 values/);
  });

  it("refuses tags out of order, twice, or of the wrong size", () => {
    const nothing = Buffer.from(encodeMessage(fetchRequest, 12, {}));
    const withTags = (hex: string) => Buffer.concat([nothing.subarray(0, -1), Buffer.from(hex, "hex")]);
    expect(decodeMessage(fetchRequest, 12, withTags("02" + "00020263" + "0501ff")).clusterId).toBe("c");
    expect(() => decodeMessage(fetchRequest, 12, withTags("02" + "0501ff" + "00020263"))).toThrow(/rise/);
    expect(() => decodeMessage(fetchRequest, 12, withTags("02" + "0501ff" + "0501ff"))).toThrow(/rise/);
    expect(() => decodeMessage(fetchRequest, 12, withTags("01" + "00030263ff"))).toThrow(/takes 2 bytes/);
    expect(() => decodeMessage(fetchRequest, 12, withTags("ffffffff0f"))).toThrow(ProtocolError);
  });

  it("refuses null where there is none", () => {
    expect(() => decodeMessage(metadataRequest, 0, Buffer.from("ffffffff", "hex"))).toThrow(/is null/);
    expect(() => decodeMessage(metadataRequest, 1, Buffer.from("00000001ffff", "hex"))).toThrow(/is null/);
  });
});

describe("the tables", () => {
  it("are refused when a rule cannot be read", () => {
    expect(() => field("x", "int8", "0+; nul 1+")).toThrow(/unknown clause/);
    expect(() => field("x", "int8", "three")).toThrow(/version range/);
  });

  it("carry nested optional structs", () => {
    interface Outer {
      inner: { name: string } | null;
      items: { name: string }[];
    }
    const inner = [field("name", "string", "0+")];
    const outer = message<Outer>("Outer", { kind: "data", versions: "0-1", flexible: "1+" }, [
      struct("inner", "Inner", "0+; null 0+; = null", inner),
      list("items", "Inner", "0+", inner),
    ]);
    for (const version of [0, 1]) {
      for (const value of [
        { inner: null, items: [] },
        { inner: { name: "a" }, items: [{ name: "b" }] },
      ]) {
        expect(decodeMessage(outer, version, encodeMessage(outer, version, value))).toEqual(value);
      }
    }
    expect(() => decodeMessage(outer, 0, Buffer.from("05", "hex"))).toThrow(ProtocolError);
  });
});
