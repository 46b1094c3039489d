// core: the messages of the pull stream, by hand: the data path between brokers. The bytes are those of
// peer.proto, one buffer a message; `records` is read as a view into it.
import { assert } from "../../base/assert.ts";
import type { PullData, PullPart, PullPosition, PullPositions } from "./peer-api.ts";
import { putVarint, varintSize, WireReader, zigzag } from "./wire.ts";

// A tag is the field's number and its wire type: number << 3, plus 2 for what has a length. All are below
// 128: one byte.

const nothing = Buffer.alloc(0);

function numberSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

function signedSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(zigzag(value));
}

function putNumber(bytes: Buffer, at: number, tag: number, value: number): number {
  if (value === 0) return at;
  bytes[at] = tag;
  return putVarint(bytes, at + 1, value);
}

function putSigned(bytes: Buffer, at: number, tag: number, value: number): number {
  return value === 0 ? at : putNumber(bytes, at, tag, zigzag(value));
}

// The texts of these messages are ids: 22 characters of ASCII, for which a loop is faster than a call that
// leaves JavaScript. Anything else takes that call.
const shortText = 32;

function isShortAscii(text: string): boolean {
  if (text.length > shortText) return false;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

function textSize(text: string): number {
  if (text.length === 0) return 0;
  if (isShortAscii(text)) return 2 + text.length;
  const bytes = Buffer.byteLength(text, "utf8");
  return 1 + varintSize(bytes) + bytes;
}

function putText(bytes: Buffer, from: number, tag: number, text: string): number {
  if (text.length === 0) return from;
  bytes[from] = tag;
  if (isShortAscii(text)) {
    bytes[from + 1] = text.length;
    for (let index = 0; index < text.length; index++) bytes[from + 2 + index] = text.charCodeAt(index);
    return from + 2 + text.length;
  }
  const length = Buffer.byteLength(text, "utf8");
  const at = putVarint(bytes, from + 1, length);
  bytes.write(text, at, length, "utf8");
  return at + length;
}

function positionSize(position: PullPosition): number {
  return (
    textSize(position.topicId) +
    numberSize(position.partition) +
    signedSize(position.leaderEpoch) +
    signedSize(position.readOffset) +
    signedSize(position.lastEpoch) +
    signedSize(position.durableOffset) +
    signedSize(position.logStartOffset) +
    signedSize(position.round) +
    (position.stop ? 2 : 0) +
    textSize(position.directoryId)
  );
}

function putPosition(bytes: Buffer, from: number, position: PullPosition): number {
  let at = putText(bytes, from, 0x0a, position.topicId);
  at = putNumber(bytes, at, 0x10, position.partition);
  at = putSigned(bytes, at, 0x18, position.leaderEpoch);
  at = putSigned(bytes, at, 0x20, position.readOffset);
  at = putSigned(bytes, at, 0x28, position.lastEpoch);
  at = putSigned(bytes, at, 0x30, position.durableOffset);
  at = putSigned(bytes, at, 0x38, position.logStartOffset);
  at = putSigned(bytes, at, 0x40, position.round);
  at = putNumber(bytes, at, 0x48, position.stop ? 1 : 0);
  return putText(bytes, at, 0x52, position.directoryId);
}

export function encodePullPositions(message: PullPositions): Buffer {
  let size = numberSize(message.nodeId) + signedSize(message.brokerEpoch) + signedSize(message.receivedBytes);
  const sizes = message.positions.map((position) => {
    const own = positionSize(position);
    size += 1 + varintSize(own) + own;
    return own;
  });
  const bytes = Buffer.allocUnsafe(size);
  let at = putNumber(bytes, 0, 0x08, message.nodeId);
  at = putSigned(bytes, at, 0x10, message.brokerEpoch);
  at = putSigned(bytes, at, 0x18, message.receivedBytes);
  for (let index = 0; index < sizes.length; index++) {
    bytes[at] = 0x22;
    at = putVarint(bytes, at + 1, sizes[index]!);
    at = putPosition(bytes, at, message.positions[index]!);
  }
  assert(at === size, `PullPositions: ${at} bytes written, ${size} expected`);
  return bytes;
}

function readPosition(reader: WireReader): PullPosition {
  const outer = reader.enter();
  const position: PullPosition = {
    topicId: "",
    partition: 0,
    leaderEpoch: 0,
    readOffset: 0,
    lastEpoch: 0,
    durableOffset: 0,
    logStartOffset: 0,
    round: 0,
    stop: false,
    directoryId: "",
  };
  while (reader.more) {
    const tag = reader.uint32();
    if (tag === 0x0a) position.topicId = reader.string();
    else if (tag === 0x10) position.partition = reader.uint32();
    else if (tag === 0x18) position.leaderEpoch = reader.sint32();
    else if (tag === 0x20) position.readOffset = reader.sint64();
    else if (tag === 0x28) position.lastEpoch = reader.sint32();
    else if (tag === 0x30) position.durableOffset = reader.sint64();
    else if (tag === 0x38) position.logStartOffset = reader.sint64();
    else if (tag === 0x40) position.round = reader.sint64();
    else if (tag === 0x48) position.stop = reader.bool();
    else if (tag === 0x52) position.directoryId = reader.string();
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return position;
}

/** Throws ProtocolError. */
export function decodePullPositions(bytes: Uint8Array): PullPositions {
  const reader = new WireReader(bytes);
  const message: PullPositions = { nodeId: 0, brokerEpoch: 0, receivedBytes: 0, positions: [] };
  while (reader.more) {
    const tag = reader.uint32();
    if (tag === 0x08) message.nodeId = reader.uint32();
    else if (tag === 0x10) message.brokerEpoch = reader.sint64();
    else if (tag === 0x18) message.receivedBytes = reader.sint64();
    else if (tag === 0x22) message.positions.push(readPosition(reader));
    else reader.skip(tag & 7);
  }
  return message;
}

function partSize(part: PullPart): number {
  const { length } = part.records;
  return (
    textSize(part.topicId) +
    numberSize(part.partition) +
    signedSize(part.leaderEpoch) +
    signedSize(part.errorCode) +
    signedSize(part.highWatermark) +
    signedSize(part.logStartOffset) +
    signedSize(part.divergingEpoch) +
    signedSize(part.divergingEnd) +
    signedSize(part.round) +
    signedSize(part.readOffset) +
    (length === 0 ? 0 : 1 + varintSize(length) + length)
  );
}

function putPart(bytes: Buffer, from: number, part: PullPart): number {
  let at = putText(bytes, from, 0x0a, part.topicId);
  at = putNumber(bytes, at, 0x10, part.partition);
  at = putSigned(bytes, at, 0x18, part.leaderEpoch);
  at = putSigned(bytes, at, 0x20, part.errorCode);
  at = putSigned(bytes, at, 0x28, part.highWatermark);
  at = putSigned(bytes, at, 0x30, part.logStartOffset);
  at = putSigned(bytes, at, 0x38, part.divergingEpoch);
  at = putSigned(bytes, at, 0x40, part.divergingEnd);
  at = putSigned(bytes, at, 0x48, part.round);
  at = putSigned(bytes, at, 0x50, part.readOffset);
  const { length } = part.records;
  if (length === 0) return at;
  at = putNumber(bytes, at, 0x5a, length);
  bytes.set(part.records, at);
  return at + length;
}

export function encodePullData(message: PullData): Buffer {
  let size = 0;
  const sizes = message.parts.map((part) => {
    const own = partSize(part);
    size += 1 + varintSize(own) + own;
    return own;
  });
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (let index = 0; index < sizes.length; index++) {
    bytes[at] = 0x0a;
    at = putVarint(bytes, at + 1, sizes[index]!);
    at = putPart(bytes, at, message.parts[index]!);
  }
  assert(at === size, `PullData: ${at} bytes written, ${size} expected`);
  return bytes;
}

function readPart(reader: WireReader): PullPart {
  const outer = reader.enter();
  const part: PullPart = {
    topicId: "",
    partition: 0,
    leaderEpoch: 0,
    errorCode: 0,
    highWatermark: 0,
    logStartOffset: 0,
    divergingEpoch: 0,
    divergingEnd: 0,
    round: 0,
    readOffset: 0,
    records: nothing,
  };
  while (reader.more) {
    const tag = reader.uint32();
    if (tag === 0x0a) part.topicId = reader.string();
    else if (tag === 0x10) part.partition = reader.uint32();
    else if (tag === 0x18) part.leaderEpoch = reader.sint32();
    else if (tag === 0x20) part.errorCode = reader.sint32();
    else if (tag === 0x28) part.highWatermark = reader.sint64();
    else if (tag === 0x30) part.logStartOffset = reader.sint64();
    else if (tag === 0x38) part.divergingEpoch = reader.sint32();
    else if (tag === 0x40) part.divergingEnd = reader.sint64();
    else if (tag === 0x48) part.round = reader.sint64();
    else if (tag === 0x50) part.readOffset = reader.sint64();
    else if (tag === 0x5a) part.records = reader.view();
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return part;
}

/** Throws ProtocolError. The records of the parts are views into `bytes`. */
export function decodePullData(bytes: Uint8Array): PullData {
  const reader = new WireReader(bytes);
  const message: PullData = { parts: [] };
  while (reader.more) {
    const tag = reader.uint32();
    if (tag === 0x0a) message.parts.push(readPart(reader));
    else reader.skip(tag & 7);
  }
  return message;
}
