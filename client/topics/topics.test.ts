// test: codecs, schemas and typed topics, in values and in types.
import type { StandardSchemaV1 } from "@standard-schema/spec";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { ConsumerRecord, RecordOf } from "../consumer/consumer-record.ts";
import { RecordFormatError } from "../errors.ts";
import type { ProducerRecord } from "../producer/record.ts";
import { outgoing } from "../producer/record.ts";
import { bytes, type Codec, float64, int32, int64, nullable, string } from "./codecs.ts";
import { json } from "./json.ts";
import { decodePart, topic } from "./topic.ts";

interface Leg {
  from: string;
  minutes: number;
}

/** As a validator library would make it: numbers given as text are accepted and turned into numbers. */
const legs: StandardSchemaV1<{ legs: { from: string; minutes: number | string }[] }, { legs: Leg[] }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const given = (value as { legs?: { from?: unknown; minutes?: unknown }[] }).legs;
      if (!Array.isArray(given)) return { issues: [{ message: "should be a list", path: ["legs"] }] };
      const bad = given.findIndex((leg) => Number.isNaN(Number(leg.minutes)));
      if (bad >= 0) {
        const path = ["legs", { key: bad }, "minutes"];
        return { issues: [{ message: "should be a number", path }] };
      }
      return {
        value: { legs: given.map((leg) => ({ from: String(leg.from), minutes: Number(leg.minutes) })) },
      };
    },
  },
};

const place = { partition: 3, offset: 17 };

describe("codecs", () => {
  it("give back what they were given", () => {
    const round = <T>(codec: Codec<T>, values: fc.Arbitrary<T>): void => {
      const check = (value: T): void => {
        expect(codec.decode(codec.encode(value))).toEqual(value);
      };
      fc.assert(fc.property(values, check));
    };
    round(string(), fc.string({ unit: "grapheme" }));
    round(string(), fc.constant("\ufeffwith a mark"));
    round(int32(), fc.integer());
    round(int64(), fc.maxSafeInteger());
    round(float64(), fc.double());
    round(nullable(string()), fc.option(fc.string()));
    round(
      json<unknown>(),
      fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
    );
  });

  it("say what does not fit", () => {
    expect(() => string().encode(5 as never)).toThrow("it is a number, it should be a string");
    expect(() => string().decode(null)).toThrow("wrap the codec in nullable()");
    expect(() => string().decode(Uint8Array.of(0xff))).toThrow("not UTF-8");
    expect(() => int32().encode(2 ** 31)).toThrow("it is 2147483648, it should be an int32");
    expect(() => int64().decode(Buffer.alloc(7))).toThrow("it has 7 bytes, an int64 has 8");
    expect(() => int64().decode(Buffer.alloc(8, 0x7f))).toThrow("beyond what an int64 can hold exactly");
    expect(() => json().encode(undefined)).toThrow("it is undefined, which JSON does not know");
    expect(() => json().encode(1n)).toThrow("cannot be written as JSON");
    expect(() => bytes().encode(5 as never)).toThrow("it should be a string, a Uint8Array or null");
  });
});

describe("typed topics", () => {
  const flights = topic("flights", { key: string(), value: json(legs) });

  it("validate what is sent and what is read, by topic, offset and path", () => {
    const good = outgoing(
      { topic: flights, key: "a", value: { legs: [{ from: "x", minutes: "7" }] } },
      1,
      () => {},
    );
    expect(Buffer.from(good.value!).toString()).toBe('{"legs":[{"from":"x","minutes":"7"}]}');
    expect(decodePart(flights, "value", good.value, place)).toEqual({ legs: [{ from: "x", minutes: 7 }] });

    const bad = {
      legs: [
        { from: "x", minutes: 1 },
        { from: "y", minutes: "long" },
      ],
    };
    const send = () => outgoing({ topic: flights, key: "a", value: bad }, 1, () => {});
    expect(send).toThrow(RecordFormatError);
    expect(send).toThrow("send to flights: the value does not fit: legs[1].minutes: should be a number");
    const read = () => decodePart(flights, "value", Buffer.from(JSON.stringify(bad)), place);
    expect(read).toThrow("read flights-3 at offset 17: the value does not fit: legs[1].minutes: should be");
    const none = { topic: flights, value: bad } as never;
    expect(() => outgoing(none, 1, () => {})).toThrow(
      "the key does not fit: it is null, it should be a string",
    );
  });

  it("refuse validators that answer later", () => {
    const validate = () => Promise.resolve({ value: 1 });
    const slow: StandardSchemaV1 = { "~standard": { version: 1, vendor: "slow", validate } };
    expect(() => json(slow).encode(1)).toThrow("the slow schema validates asynchronously");
  });

  it("give producers and consumers their types", () => {
    type Read = RecordOf<typeof flights>;
    expectTypeOf<Read>().toEqualTypeOf<ConsumerRecord<string, { legs: Leg[] }>>();
    const plain = topic("plain");
    expectTypeOf<RecordOf<typeof plain>["value"]>().toEqualTypeOf<Uint8Array | null>();
    const named = topic("named", { value: json<Leg>() });
    expectTypeOf<RecordOf<typeof named>>().toEqualTypeOf<ConsumerRecord<Uint8Array | null, Leg>>();

    const send = <Key, Value>(_record: ProducerRecord<Key, Value>): void => {};
    send({ topic: flights, key: "a", value: { legs: [] } });
    send({ topic: named, value: { from: "a", minutes: 1 } });
    // @ts-expect-error the key is a string
    send({ topic: flights, key: 5, value: { legs: [] } });
    // @ts-expect-error the key must be given
    send({ topic: flights, value: { legs: [] } });
    // @ts-expect-error the value lacks its minutes
    send({ topic: named, value: { from: "a" } });
  });

  it("refuse what no record can have", () => {
    const send = (changes: object) => () =>
      outgoing({ topic: "t", value: "v", ...changes } as never, 1, () => {});
    expect(send({ timestamp: -1 })).toThrow("timestamp -1 should be whole milliseconds");
    expect(send({ timestamp: new Date(Number.NaN) })).toThrow("timestamp NaN");
    expect(send({ partition: 1.5 })).toThrow("partition 1.5 is no partition");
    expect(send({ headers: { a: 5 } })).toThrow('header "a": it is a number');
    expect(send({ topic: "" })).toThrow("topic is ; it should be a name");
    expect(send({ value: undefined })).toThrow("the value does not fit");
  });
});
