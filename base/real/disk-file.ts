// adapter: one open file. Reads and writes are synchronous, since the page cache answers in microseconds;
// syncs run on the thread pool.
import { closeSync, fstatSync, fsync, ftruncateSync, readSync, writeSync, writevSync } from "node:fs";
import { DiskError } from "../disk-error.ts";
import type { DiskFile } from "../ports/disk.ts";
import { attempt, diskError } from "./disk-trouble.ts";

export class RealFile implements DiskFile {
  readonly path: string;
  private readonly descriptor: number;
  private closed = false;
  private syncsRunning = 0;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.descriptor = descriptor;
  }

  size(): number {
    return this.call("ask for the size of", () => fstatSync(this.descriptor).size);
  }

  writeAt(buffers: readonly Uint8Array[], position: number): void {
    this.call("write", () => {
      if (buffers.length === 1) writeAll(this.descriptor, buffers[0]!, position);
      else if (buffers.length > 1) writeMany(this.descriptor, buffers, position);
    });
  }

  readAt(into: Uint8Array, position: number): number {
    return this.call("read", () => {
      let at = 0;
      while (at < into.length) {
        const count = readSync(this.descriptor, into, at, into.length - at, position + at);
        if (count === 0) break;
        at += count;
      }
      return at;
    });
  }

  truncate(size: number): void {
    this.call("truncate", () => ftruncateSync(this.descriptor, size));
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(new DiskError({ code: "ECLOSED", path: this.path, doing: "sync" }));
        return;
      }
      this.syncsRunning++;
      fsync(this.descriptor, (error) => {
        this.syncsRunning--;
        if (this.closed && this.syncsRunning === 0) this.closeDescriptor();
        if (error === null) resolve();
        else reject(diskError(error, this.path, "sync"));
      });
    });
  }

  /** The descriptor stays open under a running sync: its number could else become another file's. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.syncsRunning === 0) this.closeDescriptor();
  }

  private closeDescriptor(): void {
    attempt(this.path, "close", () => closeSync(this.descriptor));
  }

  private call<T>(doing: string, run: () => T): T {
    if (this.closed) throw new DiskError({ code: "ECLOSED", path: this.path, doing });
    return attempt(this.path, doing, run);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  let at = 0;
  while (at < bytes.length) {
    at += writeSync(descriptor, bytes, at, bytes.length - at, position + at);
  }
}

/** One system call as a rule; what it leaves over (a signal, a nearly full disk) goes piece by piece. */
function writeMany(descriptor: number, buffers: readonly Uint8Array[], position: number): void {
  let written = writevSync(descriptor, buffers as Uint8Array[], position);
  let at = position;
  for (const buffer of buffers) {
    const done = Math.min(written, buffer.length);
    if (done < buffer.length) writeAll(descriptor, buffer.subarray(done), at + done);
    written -= done;
    at += buffer.length;
  }
}
