// core: what the table codec does, written out by hand for the two messages that pass with every batch:
// Produce requests are read, and their answers written, without a lookup by name. What is unusual in an
// answer goes to the table codec. Tested against it in both directions.

import { ProtocolError } from "../errors.ts";
import { type Read, skipTagged } from "./compile-read.ts";
import type { Write } from "./compile-write.ts";
import type {
  ProduceRequest,
  ProduceRequestPartitionProduceData,
  ProduceRequestTopicProduceData,
  ProduceResponse,
  ProduceResponsePartitionProduceResponse,
} from "./generated/messages.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

const flexibleFrom = 9;
/** Of an element of topicData and of partitionData: itself and its two fields, as the table codec counts. */
const valuesEach = 3;

function nullRefused(path: string): never {
  throw new ProtocolError(`ProduceRequest.${path} is null, which this version does not allow`);
}

function readNullableText(reader: Reader, compact: boolean): string | null {
  const length = compact ? reader.compactLength() : reader.length16();
  return length < 0 ? null : reader.text(length);
}

function readCount(reader: Reader, compact: boolean, path: string): number {
  const count = compact ? reader.compactLength() : reader.length32();
  return count < 0 ? nullRefused(path) : count;
}

function readPartition(reader: Reader, compact: boolean): ProduceRequestPartitionProduceData {
  const index = reader.int32();
  const length = compact ? reader.compactLength() : reader.length32();
  const records = length < 0 ? null : reader.view(length);
  if (compact) skipTagged(reader);
  return { index, records };
}

function readTopic(reader: Reader, compact: boolean): ProduceRequestTopicProduceData {
  const name = readNullableText(reader, compact) ?? nullRefused("topicData.name");
  const count = readCount(reader, compact, "topicData.partitionData");
  reader.checkCount(count, compact ? 6 : 8, valuesEach);
  const partitionData: ProduceRequestPartitionProduceData[] = [];
  for (let at = 0; at < count; at++) partitionData.push(readPartition(reader, compact));
  if (compact) skipTagged(reader);
  return { name, partitionData };
}

export function produceRequestRead(version: number): Read {
  const compact = version >= flexibleFrom;
  return (reader): ProduceRequest => {
    const transactionalId = version < 3 ? null : readNullableText(reader, compact);
    const acks = reader.int16();
    const timeoutMs = reader.int32();
    const count = readCount(reader, compact, "topicData");
    reader.checkCount(count, compact ? 3 : 6, valuesEach);
    const topicData: ProduceRequestTopicProduceData[] = [];
    for (let at = 0; at < count; at++) topicData.push(readTopic(reader, compact));
    if (compact) skipTagged(reader);
    return { transactionalId, acks, timeoutMs, topicData };
  };
}

function isUsual(response: Partial<ProduceResponse>): boolean {
  if (response.responses === undefined || response.nodeEndpoints?.length !== 0) return false;
  for (const { partitionResponses } of response.responses) {
    for (const { errorCode, recordErrors, currentLeader } of partitionResponses) {
      if (errorCode !== 0 || recordErrors?.length !== 0) return false;
      if (currentLeader?.leaderId !== -1 || currentLeader.leaderEpoch !== -1) return false;
    }
  }
  return true;
}

function putCount(writer: Writer, count: number, compact: boolean): void {
  if (compact) writer.uvarint(count + 1);
  else writer.int32(count);
}

function putPartition(writer: Writer, one: ProduceResponsePartitionProduceResponse, version: number): void {
  const compact = version >= flexibleFrom;
  writer.int32(one.index);
  writer.int16(one.errorCode);
  writer.int64(one.baseOffset);
  if (version >= 2) writer.int64(one.logAppendTimeMs ?? -1);
  if (version >= 5) writer.int64(one.logStartOffset ?? -1);
  if (version >= 8) putCount(writer, 0, compact);
  if (version >= 8) putNullableText(writer, one.errorMessage ?? null, compact);
  if (compact) writer.uvarint(0);
}

function putNullableText(writer: Writer, text: string | null, compact: boolean): void {
  if (text === null) {
    if (compact) writer.uvarint(0);
    else writer.int16(-1);
  } else if (compact) writer.compactString(text);
  else writer.string(text);
}

export function produceResponseWrite(version: number, byTable: Write): Write {
  const compact = version >= flexibleFrom;
  return (writer, value) => {
    const response = value as ProduceResponse;
    if (!isUsual(response)) return byTable(writer, value);
    putCount(writer, response.responses.length, compact);
    for (const { name, partitionResponses } of response.responses) {
      if (compact) writer.compactString(name);
      else writer.string(name);
      putCount(writer, partitionResponses.length, compact);
      for (const one of partitionResponses) putPartition(writer, one, version);
      if (compact) writer.uvarint(0);
    }
    if (version >= 1) writer.int32(response.throttleTimeMs ?? 0);
    if (compact) writer.uvarint(0);
  };
}
