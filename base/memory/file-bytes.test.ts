// test: a file in memory against one plain byte array, over borders of blocks, holes and cuts.
import fc from "fast-check";
import { expect, it } from "vitest";
import { FileBytes } from "./file-bytes.ts";

const place = fc.integer({ min: 0, max: 200_000 });
const step = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), at: place, length: fc.integer({ min: 0, max: 150_000 }) }),
  fc.record({ kind: fc.constant("resize" as const), at: place, length: fc.constant(0) }),
);

it("reads what one plain array would", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), place, (steps, readAt) => {
      const file = new FileBytes();
      const model = new Uint8Array(400_000);
      let length = 0;
      steps.forEach((one, index) => {
        if (one.kind === "write") {
          const bytes = new Uint8Array(one.length).fill(index + 1);
          file.write(bytes, one.at);
          model.set(bytes, one.at);
          if (one.length > 0) length = Math.max(length, one.at + one.length);
        } else {
          file.resize(one.at);
          model.fill(0, Math.min(one.at, length));
          length = one.at;
        }
      });
      expect(file.length).toBe(length);
      const into = Buffer.alloc(100_000, 0xee);
      const count = file.read(into, readAt);
      expect(count).toBe(Math.max(0, Math.min(100_000, length - readAt)));
      expect(Buffer.compare(into.subarray(0, count), model.subarray(readAt, readAt + count))).toBe(0);
      expect(into.subarray(count).every((byte) => byte === 0xee)).toBe(true);
    }),
    { numRuns: 200 },
  );
});
