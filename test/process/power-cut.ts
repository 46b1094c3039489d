// test: loaded into a broker process with `node --import`: a page cache of the process's own before its
// files. What is written stands in memory, where every later read finds it; only fsync brings it to the
// machine's file. So kill -9 takes with it what was not synced, as a power cut does.
//
// Names (created, renamed, removed) last at once: of them it says nothing. With OTTLA_TEST_IGNORE_SYNC=PART
// an fsync of a file whose path holds PART says "done" and does nothing: a broker on such a disk must lose
// what it acknowledged, or a test that uses this layer shows nothing.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

interface Cached {
  size: number;
  /** Bytes of the machine's file from here on are cut, and read as zeros. */
  keptBelow: number;
  /** What was written since the last sync, in order. */
  writes: { at: number; bytes: Uint8Array }[];
}

const ignored = process.env.OTTLA_TEST_IGNORE_SYNC ?? "";
const real = { ...fs };
const inodeOf = new Map<number, string>();
const pathOf = new Map<number, string>();
const cached = new Map<string, Cached>();

function keyOf(stat: fs.Stats): string {
  return `${stat.dev}:${stat.ino}`;
}

function entryOf(descriptor: number): Cached | null {
  const key = inodeOf.get(descriptor);
  return key === undefined ? null : (cached.get(key) ?? null);
}

function taken(descriptor: number): Cached {
  const found = entryOf(descriptor);
  if (found) return found;
  const { size } = real.fstatSync(descriptor);
  const entry = { size, keptBelow: size, writes: [] };
  cached.set(inodeOf.get(descriptor)!, entry);
  return entry;
}

function resize(entry: Cached, size: number): void {
  entry.keptBelow = Math.min(entry.keptBelow, size);
  entry.writes = entry.writes
    .filter(({ at }) => at < size)
    .map(({ at, bytes }) => ({ at, bytes: bytes.subarray(0, size - at) }));
  entry.size = size;
}

function put(entry: Cached, bytes: Uint8Array, position: number): void {
  entry.writes.push({ at: position, bytes: Uint8Array.from(bytes) });
  entry.size = Math.max(entry.size, position + bytes.length);
}

function get(entry: Cached, descriptor: number, into: Uint8Array, position: number): void {
  into.fill(0);
  const kept = Math.min(into.length, Math.max(0, entry.keptBelow - position));
  for (let at = 0; at < kept; ) {
    const count = real.readSync(descriptor, into, at, kept - at, position + at);
    if (count === 0) break;
    at += count;
  }
  for (const { at, bytes } of entry.writes) {
    const from = Math.max(at, position);
    const to = Math.min(at + bytes.length, position + into.length);
    if (from < to) into.set(bytes.subarray(from - at, to - at), from - position);
  }
}

function flush(descriptor: number): void {
  const entry = entryOf(descriptor);
  if (entry === null) return;
  real.ftruncateSync(descriptor, entry.keptBelow);
  for (const { at, bytes } of entry.writes) {
    for (let done = 0; done < bytes.length; )
      done += real.writeSync(descriptor, bytes, done, bytes.length - done, at + done);
  }
  real.ftruncateSync(descriptor, entry.size);
  cached.delete(inodeOf.get(descriptor)!);
}

function isOurs(descriptor: number): boolean {
  return inodeOf.has(descriptor);
}

const layer = {
  openSync(path: fs.PathLike, flags?: fs.OpenMode, mode?: fs.Mode): number {
    const isNew = !real.existsSync(path);
    const descriptor = real.openSync(path, flags as fs.OpenMode, mode);
    const stat = real.fstatSync(descriptor);
    if (!stat.isFile()) return descriptor;
    inodeOf.set(descriptor, keyOf(stat));
    pathOf.set(descriptor, String(path));
    // The number of a removed file, used again.
    if (isNew) cached.delete(keyOf(stat));
    return descriptor;
  },
  closeSync(descriptor: number): void {
    inodeOf.delete(descriptor);
    pathOf.delete(descriptor);
    real.closeSync(descriptor);
  },
  writeSync(descriptor: number, bytes: Uint8Array, at: number, length: number, position: number): number {
    if (!isOurs(descriptor)) return real.writeSync(descriptor, bytes, at, length, position);
    put(taken(descriptor), bytes.subarray(at, at + length), position);
    return length;
  },
  writevSync(descriptor: number, buffers: readonly Uint8Array[], position: number): number {
    if (!isOurs(descriptor)) return real.writevSync(descriptor, buffers as Uint8Array[], position);
    const entry = taken(descriptor);
    let at = position;
    for (const bytes of buffers) {
      put(entry, bytes, at);
      at += bytes.length;
    }
    return at - position;
  },
  readSync(descriptor: number, into: Uint8Array, at: number, length: number, position: number): number {
    const entry = entryOf(descriptor);
    if (entry === null) return real.readSync(descriptor, into, at, length, position);
    const end = Math.min(entry.size, position + length);
    if (end <= position) return 0;
    get(entry, descriptor, into.subarray(at, at + end - position), position);
    return end - position;
  },
  ftruncateSync(descriptor: number, size: number): void {
    if (isOurs(descriptor)) resize(taken(descriptor), size);
    else real.ftruncateSync(descriptor, size);
  },
  fstatSync(descriptor: number): fs.Stats {
    const stat = real.fstatSync(descriptor);
    const entry = entryOf(descriptor);
    if (entry !== null) stat.size = entry.size;
    return stat;
  },
  fsync(descriptor: number, done: (error: Error | null) => void): void {
    const isIgnored = ignored !== "" && (pathOf.get(descriptor) ?? "").includes(ignored);
    // What is written from now on is not in this sync.
    if (!isIgnored) flush(descriptor);
    setTimeout(() => done(null), 1);
  },
};

Object.assign(fs, layer);
syncBuiltinESMExports();
