// test: a codec that we did not write (kafkajs's) agrees with ours, both ways.
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { realCodecs } from "../../base/real/codecs.ts";
import { buildBatch } from "../batch/build.ts";
import { readBatches } from "../batch/read.ts";
import { validateProduced } from "../batch/validate.ts";
import { type ApiName, apis, type RequestOf, type ResponseOf } from "./apis.ts";
import { decodeRequestBody, decodeRequestHeader, encodeRequest, encodeResponse } from "./frames.ts";
import type { Input } from "./schema.ts";

interface KafkaJsRequest {
  encode(): Promise<unknown>;
}

const require = createRequire(import.meta.url);
const frameRequest = require("kafkajs/src/protocol/request") as (
  given: object,
) => Promise<{ buffer: Buffer }>;

/** The whole frame that kafkajs would send. */
async function kafkaJsRequest(folder: string, version: number, given: object): Promise<Buffer> {
  const make = require(`kafkajs/src/protocol/requests/${folder}/v${version}/request`);
  const request = make(given) as KafkaJsRequest;
  return (await frameRequest({ correlationId: 42, clientId: "js", request })).buffer;
}

/** What kafkajs makes of our response; it is given the frame after the correlation id. */
async function kafkaJsResponse<Name extends ApiName>(
  name: Name,
  folder: string,
  version: number,
  body: Input<ResponseOf<Name>>,
): Promise<unknown> {
  const { decode } = require(`kafkajs/src/protocol/requests/${folder}/v${version}/response`);
  const bytes = encodeResponse({ api: apis[name] as never, version, correlationId: 42, body: body as never });
  return decode(Buffer.from(bytes.subarray(8)));
}

function decoded<Name extends ApiName>(name: Name, bytes: Uint8Array): RequestOf<Name> {
  const frame = bytes.subarray(4);
  const head = decodeRequestHeader(frame);
  expect(head).toMatchObject({ apiKey: apis[name].key, correlationId: 42, clientId: "js" });
  return decodeRequestBody(apis[name] as never, head, frame) as RequestOf<Name>;
}

describe("requests of kafkajs", () => {
  it("are byte for byte what we would send", async () => {
    const cases: { name: ApiName; folder: string; version: number; theirs: object; ours: object }[] = [
      { name: "ApiVersions", folder: "apiVersions", version: 2, theirs: {}, ours: {} },
      {
        name: "Metadata",
        folder: "metadata",
        version: 6,
        theirs: { topics: ["a", "b"], allowAutoTopicCreation: false },
        ours: { topics: [{ name: "a" }, { name: "b" }], allowAutoTopicCreation: false },
      },
      {
        name: "CreateTopics",
        folder: "createTopics",
        version: 3,
        theirs: { topics: [{ topic: "t", numPartitions: 3, configEntries: [{ name: "k", value: "v" }] }] },
        ours: {
          topics: [
            { name: "t", numPartitions: 3, replicationFactor: -1, configs: [{ name: "k", value: "v" }] },
          ],
          timeoutMs: 5000,
        },
      },
      {
        name: "ListOffsets",
        folder: "listOffsets",
        version: 3,
        theirs: {
          replicaId: -1,
          isolationLevel: 1,
          topics: [{ topic: "t", partitions: [{ partition: 2, timestamp: -2 }] }],
        },
        ours: {
          replicaId: -1,
          isolationLevel: 1,
          topics: [{ name: "t", partitions: [{ partitionIndex: 2, timestamp: -2 }] }],
        },
      },
      {
        name: "Fetch",
        folder: "fetch",
        version: 11,
        theirs: {
          replicaId: -1,
          maxWaitTime: 500,
          minBytes: 1,
          maxBytes: 1000,
          rackId: "r",
          topics: [{ topic: "t", partitions: [{ partition: 0, fetchOffset: 7, maxBytes: 99 }] }],
        },
        ours: {
          maxWaitMs: 500,
          minBytes: 1,
          maxBytes: 1000,
          isolationLevel: 1,
          rackId: "r",
          topics: [{ topic: "t", partitions: [{ partition: 0, fetchOffset: 7, partitionMaxBytes: 99 }] }],
        },
      },
      {
        name: "JoinGroup",
        folder: "joinGroup",
        version: 5,
        theirs: {
          groupId: "g",
          sessionTimeout: 1,
          rebalanceTimeout: 2,
          memberId: "m",
          protocolType: "consumer",
          groupProtocols: [{ name: "p", metadata: Buffer.from("xy") }],
        },
        ours: {
          groupId: "g",
          sessionTimeoutMs: 1,
          rebalanceTimeoutMs: 2,
          memberId: "m",
          protocolType: "consumer",
          protocols: [{ name: "p", metadata: Buffer.from("xy") }],
        },
      },
    ];
    for (const { name, folder, version, theirs, ours } of cases) {
      const bytes = await kafkaJsRequest(folder, version, theirs);
      const same = encodeRequest({
        api: apis[name] as never,
        version,
        correlationId: 42,
        clientId: "js",
        body: ours as never,
      });
      expect(Buffer.from(same).toString("hex"), name).toBe(bytes.toString("hex"));
      expect(decoded(name, bytes), name).toMatchObject(ours);
    }
  });

  it("carry batches that pass our checks, plain and gzip", async () => {
    for (const compression of [0, 1]) {
      const messages = [
        { key: Buffer.from("k"), value: Buffer.from("v"), timestamp: 1_700_000_000_000, headers: { h: "x" } },
        { key: null, value: Buffer.from("w".repeat(500)), timestamp: 1_700_000_000_123 },
        { key: Buffer.from(""), value: null, timestamp: 1_700_000_000_003 },
      ];
      const topicData = [{ topic: "t", partitions: [{ partition: 4, messages }] }];
      const given = { acks: -1, timeout: 9, compression, topicData };
      const body = decoded("Produce", await kafkaJsRequest("produce", 7, given));
      expect(body).toMatchObject({ acks: -1, timeoutMs: 9, topicData: [{ name: "t" }] });
      const { index, records } = body.topicData[0]!.partitionData[0]!;
      expect(index).toBe(4);
      const facts = validateProduced(records!, {
        codecs: realCodecs,
        maxBytes: 10_000,
        mode: "full",
        timestampType: "createTime",
        nowMs: 1_700_000_000_000,
      });
      expect(facts).toEqual({
        recordCount: 3,
        maxTimestamp: 1_700_000_000_123,
        maxTimestampOffsetDelta: 1,
      });
      const [batch] = [...readBatches(records!, realCodecs)];
      expect(batch!.records.map(({ value }) => value && Buffer.from(value).toString())).toEqual([
        "v",
        "w".repeat(500),
        null,
      ]);
      expect(batch!.records[0]!.headers).toEqual([{ key: "h", value: Buffer.from("x") }]);
      expect(batch!.records.map(({ timestamp }) => timestamp - 1_700_000_000_000)).toEqual([0, 123, 3]);
    }
  });
});

describe("responses of ours", () => {
  it("are read by kafkajs: metadata, offsets, versions", async () => {
    const partition = { partitionIndex: 1, leaderId: 2, replicaNodes: [2, 3], isrNodes: [2] };
    const metadata = {
      brokers: [{ nodeId: 2, host: "h", port: 9092, rack: null }],
      clusterId: "c",
      controllerId: 2,
      topics: [{ name: "t", partitions: [partition], topicId: "x".repeat(22) }],
    };
    expect(await kafkaJsResponse("Metadata", "metadata", 6, metadata)).toMatchObject({
      brokers: [{ nodeId: 2, host: "h", port: 9092, rack: null }],
      clusterId: "c",
      controllerId: 2,
      topicMetadata: [
        { topic: "t", partitionMetadata: [{ partitionId: 1, leader: 2, replicas: [2, 3], isr: [2] }] },
      ],
    });
    const offsets = {
      topics: [{ name: "t", partitions: [{ partitionIndex: 1, timestamp: 5, offset: 77 }] }],
    };
    expect(await kafkaJsResponse("ListOffsets", "listOffsets", 3, offsets)).toMatchObject({
      responses: [{ topic: "t", partitions: [{ partition: 1, errorCode: 0, timestamp: "5", offset: "77" }] }],
    });
    const versions = { apiKeys: [{ apiKey: 3, minVersion: 0, maxVersion: 12 }] };
    expect(await kafkaJsResponse("ApiVersions", "apiVersions", 2, versions)).toMatchObject({
      apiVersions: [{ apiKey: 3, minVersion: 0, maxVersion: 12 }],
    });
  });

  it("are read by kafkajs: fetched batches, plain and gzip, two in a row", async () => {
    const timestamp = 1_700_000_000_000;
    const batchAt = (baseOffset: number, compression: "none" | "gzip") =>
      buildBatch({
        codecs: realCodecs,
        compression,
        baseOffset,
        records: [
          {
            key: Buffer.from("k"),
            value: Buffer.from("v"),
            timestamp,
            headers: [{ key: "h", value: Buffer.from("x") }],
          },
          { key: null, value: null, timestamp: timestamp - 5 },
        ],
      });
    const records = Buffer.concat([batchAt(10, "none"), batchAt(12, "gzip")]);
    const body = {
      responses: [{ topic: "t", partitions: [{ partitionIndex: 3, highWatermark: 14, records }] }],
    };
    const read = (await kafkaJsResponse("Fetch", "fetch", 11, body)) as {
      responses: { partitions: { highWatermark: string; messages: Record<string, unknown>[] }[] }[];
    };
    const { highWatermark, messages } = read.responses[0]!.partitions[0]!;
    expect(highWatermark).toBe("14");
    expect(messages.map(({ offset }) => offset)).toEqual(["10", "11", "12", "13"]);
    expect(messages[2]).toMatchObject({ timestamp: `${timestamp}`, headers: { h: Buffer.from("x") } });
    expect(messages[3]).toMatchObject({ key: null, value: null, timestamp: `${timestamp - 5}` });
  });
});
