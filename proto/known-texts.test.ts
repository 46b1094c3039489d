// test: a text that was read before is found again, and whatever the bytes are, what is read is what decoding
// them gives.
import fc from "fast-check";
import { expect, it } from "vitest";
import { KnownTexts, knownTextMax } from "./known-texts.ts";

const read = (known: KnownTexts, bytes: Buffer): string => known.read(bytes, 0, bytes.length);

it("reads what decoding gives, of texts known and new, at any place in the bytes", () => {
  // One for all: what one text leaves behind must not be taken for another.
  const known = new KnownTexts();
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: knownTextMax + 8 }).map((one) => Buffer.from(one)),
    fc.uint8Array({ maxLength: knownTextMax + 8 }).map((one) => Buffer.from(one)),
    // Few letters and lengths: many of the same place in the table.
    fc
      .string({ unit: fc.constantFrom("a", "b"), minLength: 8, maxLength: 12 })
      .map((one) => Buffer.from(one)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 40 }), fc.nat({ max: 5 }), (texts, before) => {
      for (const one of [...texts, ...texts]) {
        const bytes = Buffer.concat([Buffer.alloc(before, 0x61), one, Buffer.from("behind")]);
        expect(known.read(bytes, before, before + one.length)).toBe(one.toString("utf8"));
      }
    }),
    { numRuns: 500 },
  );
});

it("decodes a text once, however often it comes", () => {
  const known = new KnownTexts();
  let decoded = 0;
  const bytes = (): Buffer => {
    const one = Buffer.from("ABCDEFGHIJKLMNOPQRSTUV");
    const decode = one.toString.bind(one);
    one.toString = (...args) => {
      decoded++;
      return decode(...args);
    };
    return one;
  };
  for (let time = 0; time < 5; time++) expect(read(known, bytes())).toBe("ABCDEFGHIJKLMNOPQRSTUV");
  expect(decoded).toBe(1);
});

it("a damaged character is never taken for what it was replaced by", () => {
  const known = new KnownTexts();
  expect(read(known, Buffer.from([0x61, 0xff]))).toBe("a\ufffd");
  expect(read(known, Buffer.from([0x61, 0xfe]))).toBe("a\ufffd");
  expect(read(known, Buffer.from([0x61, 0xfd]))).toBe("a\ufffd");
});
