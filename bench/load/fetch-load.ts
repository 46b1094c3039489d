// adapter: one consumer over one connection: fetches a partition from its start to its end again and again,
// one request at a time, and looks only at the answers' heads.
import { setTimeout as sleep } from "node:timers/promises";
import { apis } from "../../proto/kafka/apis.ts";
import { agreeOnVersion, leadersOf } from "./ask.ts";
import {
  fetchAnswerHeadBytes,
  fetchVersions,
  makeFetchFrame,
  readFetchAnswer,
  setFetchOffset,
} from "./fetch-frames.ts";
import type { FetchLoad, LoadResult } from "./load-spec.ts";
import { Meter } from "./meter.ts";
import { RawConnection } from "./raw-connection.ts";

export async function runFetchLoad(spec: FetchLoad): Promise<LoadResult> {
  const { bootstrap, topic, batchBytes, recordsPerBatch } = spec;
  await agreeOnVersion(bootstrap.split(",")[0]!, apis.Fetch, fetchVersions);
  const address = (await leadersOf(bootstrap, topic))[0]!;
  const frame = makeFetchFrame({ topic, partition: 0, bytesMax: spec.bytesMax });
  const meter = new Meter(spec.serverPids);
  let offset = 0;
  let sentMs = 0;
  let isStopped = false;
  const ask = (): void => {
    setFetchOffset(frame, offset);
    sentMs = performance.now();
    connection.send(frame.bytes);
  };
  const connection = await RawConnection.open({
    address,
    headBytes: fetchAnswerHeadBytes(topic),
    onFrame(head) {
      if (isStopped) return;
      const { errorCode, highWatermark, recordsBytes } = readFetchAnswer(head);
      // What is cut off at the end of an answer is of no use to a consumer either.
      const batches = Math.floor(recordsBytes / batchBytes);
      if (errorCode !== 0) meter.refused(errorCode);
      else if (batches === 0) meter.failed(`no whole batch in ${recordsBytes} bytes at offset ${offset}`);
      else meter.answered(performance.now() - sentMs, batches * batchBytes);
      offset += batches * recordsPerBatch;
      if (batches === 0 || offset >= highWatermark) offset = 0;
      ask();
    },
    onEnd: (reason) => meter.failed(`connection to ${address}: ${reason}`),
  });
  ask();
  await sleep(spec.warmupMs);
  meter.begin();
  await sleep(spec.measureMs);
  meter.end();
  isStopped = true;
  connection.close();
  return meter.result();
}
