// test: loaded into a broker process with `node --import`: while the file named by OTTLA_TEST_BROKEN_WHILE
// exists, nothing under OTTLA_TEST_BROKEN_FOLDER can be opened, written, read or synced.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const brokenWhile = process.env.OTTLA_TEST_BROKEN_WHILE ?? "";
const folder = process.env.OTTLA_TEST_BROKEN_FOLDER ?? "";
const real = { ...fs };
const inFolder = new Set<number>();

function failure(doing: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`EIO: i/o error, ${doing}`), { code: "EIO", errno: -5, syscall: doing });
}

const isBroken = (): boolean => brokenWhile !== "" && real.existsSync(brokenWhile);

function check(descriptor: number, doing: string): void {
  if (inFolder.has(descriptor) && isBroken()) throw failure(doing);
}

const layer = {
  openSync(path: fs.PathLike, flags?: fs.OpenMode, mode?: fs.Mode): number {
    const isOurs = folder !== "" && String(path).startsWith(folder);
    if (isOurs && isBroken()) throw failure("open");
    const descriptor = real.openSync(path, flags as fs.OpenMode, mode);
    if (isOurs) inFolder.add(descriptor);
    return descriptor;
  },
  closeSync(descriptor: number): void {
    inFolder.delete(descriptor);
    real.closeSync(descriptor);
  },
  writeSync(descriptor: number, ...rest: [Uint8Array, number, number, number]): number {
    check(descriptor, "write");
    return real.writeSync(descriptor, ...rest);
  },
  writevSync(descriptor: number, ...rest: [NodeJS.ArrayBufferView[], number]): number {
    check(descriptor, "write");
    return real.writevSync(descriptor, ...rest);
  },
  readSync(descriptor: number, ...rest: [Uint8Array, number, number, number]): number {
    check(descriptor, "read");
    return real.readSync(descriptor, ...rest);
  },
  fsync(descriptor: number, done: (error: Error | null) => void): void {
    if (inFolder.has(descriptor) && isBroken()) setImmediate(() => done(failure("fsync")));
    else real.fsync(descriptor, done);
  },
};

Object.assign(fs, layer);
syncBuiltinESMExports();
