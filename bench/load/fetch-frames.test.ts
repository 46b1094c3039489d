// test: the fetch request asks where it was told, and answers are read as the codec wrote them.
import { describe, expect, it } from "vitest";
import { apis } from "../../proto/kafka/apis.ts";
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from "../../proto/kafka/frames.ts";
import { fetchAnswerHeadBytes, makeFetchFrame, readFetchAnswer, setFetchOffset } from "./fetch-frames.ts";

const topic = "fetched";

function answer(errorCode: number, bytes: number | null): Uint8Array {
  const records = bytes === null ? null : Buffer.alloc(bytes, 7);
  const one = {
    partitionIndex: 0,
    errorCode,
    highWatermark: 4_000_000_000,
    abortedTransactions: [],
    records,
  };
  const body = { errorCode: 0, responses: [{ topic, partitions: [one] }] };
  return encodeResponse({ api: apis.Fetch, version: 12, correlationId: 1, body }).subarray(4);
}

describe("fetch frames", () => {
  it("ask at the offset that is set", () => {
    const frame = makeFetchFrame({ topic, partition: 0, bytesMax: 65_536 });
    setFetchOffset(frame, 5_000_000_123);
    const bytes = frame.bytes.subarray(4);
    const head = decodeRequestHeader(bytes);
    const body = decodeRequestBody(apis.Fetch, head, bytes);
    const partition = body.topics[0]!.partitions[0]!;
    expect(partition).toMatchObject({ partition: 0, fetchOffset: 5_000_000_123, partitionMaxBytes: 65_536 });
  });

  it("are answered with an error or so many bytes of records", () => {
    for (const bytes of [0, 1, 100, 127, 128, 65_536, 1_048_576]) {
      const head = answer(0, bytes).subarray(0, fetchAnswerHeadBytes(topic));
      expect(readFetchAnswer(head)).toEqual({
        errorCode: 0,
        highWatermark: 4_000_000_000,
        recordsBytes: bytes,
      });
    }
    expect(readFetchAnswer(answer(6, null))).toMatchObject({ errorCode: 6, recordsBytes: 0 });
  });
});
