// test: the paths written by hand read and write what the table codec does, in every version, and take what
// is damaged as it does.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryMessage, versionsOf } from "../../test/kafka/arbitrary-message.ts";
import { ProtocolError } from "../errors.ts";
import { readPlan } from "./compile-read.ts";
import { structWrite } from "./compile-write.ts";
import { produceRequestRead, produceResponseWrite } from "./fast-paths.ts";
import { Reader } from "./reader.ts";
import { isFlexible } from "./schema.ts";
import { produceRequest, produceResponse } from "./schemas/produce.ts";
import { joinChunks, Writer } from "./writer.ts";

function readOrRefusal(read: (reader: Reader) => unknown, bytes: Uint8Array): unknown {
  const reader = new Reader(bytes, 0);
  try {
    return { value: read(reader), left: reader.left };
  } catch (error) {
    if (error instanceof ProtocolError) return "refused";
    throw error;
  }
}

function tableWrite(schema: typeof produceRequest | typeof produceResponse, version: number) {
  const flexible = isFlexible(schema, version);
  return structWrite(schema, { version, flexible, strict: schema.kind !== "response" }, schema.name);
}

function written(write: (writer: Writer, value: unknown) => void, value: unknown): Uint8Array {
  const writer = new Writer(64);
  write(writer, value);
  return Buffer.from(joinChunks(writer.finish()));
}

describe("the hand-written paths of Produce", () => {
  for (const version of versionsOf(produceRequest)) {
    const byTable = readPlan(
      produceRequest,
      version,
      isFlexible(produceRequest, version),
      "ProduceRequest",
    ).read;
    const byHand = produceRequestRead(version);

    it(`reads requests of version ${version}, sound or damaged`, () => {
      const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
      fc.assert(
        fc.property(arbitraryMessage(produceRequest, version), damage, fc.nat(4), (message, changes, cut) => {
          const bytes = written(tableWrite(produceRequest, version), message);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const left = bytes.subarray(0, bytes.length - Math.min(bytes.length, cut));
          expect(readOrRefusal(byHand, left)).toEqual(readOrRefusal(byTable, left));
        }),
        { numRuns: 300 },
      );
    });

    it(`writes answers of version ${version}, usual or not`, () => {
      const write = tableWrite(produceResponse, version);
      const quiet = { recordErrors: [], currentLeader: { leaderId: -1, leaderEpoch: -1 }, errorCode: 0 };
      fc.assert(
        fc.property(arbitraryMessage(produceResponse, version), fc.boolean(), (message, isUsual) => {
          if (isUsual) {
            message.nodeEndpoints = [];
            for (const { partitionResponses } of message.responses as { partitionResponses: object[] }[])
              for (const one of partitionResponses) Object.assign(one, quiet);
          }
          expect(written(produceResponseWrite(version, write), message)).toEqual(written(write, message));
        }),
        { numRuns: 200 },
      );
    });
  }
});
