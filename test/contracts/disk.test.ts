// test: the Disk port, held by the real adapter, the simulated one and the one in memory. What only the
// simulated one can show (power cuts, faults) stands in base/virtual/disk.test.ts.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { DiskError } from "../../base/disk-error.ts";
import { MemoryDisk } from "../../base/memory/disk.ts";
import type { Disk } from "../../base/ports/disk.ts";
import { realDisk } from "../../base/real/disk.ts";
import { createVirtualWorld } from "../../base/virtual/world.ts";

interface Subject {
  disk: Disk;
  /** An empty folder. */
  root: string;
  /** Waits for something the disk promised. */
  settle: <T>(promise: Promise<T>) => Promise<T>;
  cleanUp: () => void;
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(DiskError);
    return (error as DiskError).code;
  }
  return "no error";
}

const text = (value: string): Uint8Array => Buffer.from(value);

function readAll(disk: Disk, path: string): string {
  const file = disk.open(path, { create: false });
  const bytes = new Uint8Array(file.size());
  expect(file.readAt(bytes, 0)).toBe(bytes.length);
  file.close();
  return Buffer.from(bytes).toString();
}

function put(disk: Disk, path: string, content: string): void {
  const file = disk.open(path, { create: true });
  file.writeAt([text(content)], 0);
  file.close();
}

function diskContract(name: string, make: () => Subject): void {
  describe(`disk: ${name}`, () => {
    let subject: Subject | null = null;
    const start = (): Subject => (subject = make());
    afterEach(() => {
      subject?.cleanUp();
      subject = null;
    });

    fileContract(start);
    nameContract(start);
    syncContract(start);
  });
}

function fileContract(start: () => Subject): void {
  it("writes many buffers at a position and reads them back", () => {
    const { disk, root } = start();
    const file = disk.open(join(root, "a"), { create: true });
    file.writeAt([text("hello "), text(""), text("world")], 0);
    file.writeAt([text("W")], 6);
    expect(file.size()).toBe(11);
    const into = new Uint8Array(20);
    expect(file.readAt(into, 6)).toBe(5);
    expect(Buffer.from(into.subarray(0, 5)).toString()).toBe("World");
    expect(file.readAt(into, 11)).toBe(0);
    expect(file.readAt(into, 99)).toBe(0);
    file.close();
  });

  it("takes more buffers than one system call does", () => {
    const { disk, root } = start();
    const file = disk.open(join(root, "a"), { create: true });
    const buffers = Array.from({ length: 3000 }, (_, index) => text(`${index};`));
    file.writeAt(buffers, 3);
    file.close();
    expect(readAll(disk, join(root, "a"))).toBe(`\0\0\0${Buffer.concat(buffers)}`);
  });

  it("is done with the caller's buffers when it returns", () => {
    const { disk, root } = start();
    const file = disk.open(join(root, "a"), { create: true });
    const buffer = Buffer.from("keep");
    file.writeAt([buffer], 0);
    buffer.fill("x");
    expect(readAll(disk, join(root, "a"))).toBe("keep");
    const into = Buffer.alloc(4);
    file.readAt(into, 0);
    into.fill("y");
    expect(readAll(disk, join(root, "a"))).toBe("keep");
    file.close();
  });

  it("reads a hole, and what truncate adds, as zeros", () => {
    const { disk, root } = start();
    const file = disk.open(join(root, "a"), { create: true });
    file.writeAt([text("abc")], 0);
    file.truncate(1);
    file.truncate(3);
    file.writeAt([text("z")], 5);
    file.close();
    expect(readAll(disk, join(root, "a"))).toBe("a\0\0\0\0z");
  });

  it("refuses a closed file", async () => {
    const { disk, root, settle } = start();
    const file = disk.open(join(root, "a"), { create: true });
    file.close();
    file.close();
    expect(codeOf(() => file.size())).toBe("ECLOSED");
    expect(codeOf(() => file.writeAt([text("a")], 0))).toBe("ECLOSED");
    expect(codeOf(() => file.readAt(new Uint8Array(1), 0))).toBe("ECLOSED");
    expect(codeOf(() => file.truncate(0))).toBe("ECLOSED");
    await expect(settle(file.sync())).rejects.toMatchObject({ code: "ECLOSED" });
  });

  it("shows one file through two handles, also after its name is gone", () => {
    const { disk, root } = start();
    const first = disk.open(join(root, "a"), { create: true });
    const second = disk.open(join(root, "a"), { create: false });
    disk.remove(join(root, "a"));
    first.writeAt([text("ab")], 0);
    expect(second.size()).toBe(2);
    first.close();
    second.close();
  });
}

function nameContract(start: () => Subject): void {
  it("says ENOENT for what is not there", () => {
    const { disk, root } = start();
    const missing = join(root, "missing");
    expect(codeOf(() => disk.open(missing, { create: false }))).toBe("ENOENT");
    expect(codeOf(() => disk.open(join(missing, "a"), { create: true }))).toBe("ENOENT");
    expect(codeOf(() => disk.list(missing))).toBe("ENOENT");
    expect(codeOf(() => disk.remove(missing))).toBe("ENOENT");
    expect(codeOf(() => disk.rename(missing, join(root, "b")))).toBe("ENOENT");
    expect(codeOf(() => disk.lock(missing))).toBe("ENOENT");
    expect(disk.exists(missing)).toBe(false);
    expect(disk.isDirectory(missing)).toBe(false);
    disk.removeTree(missing);
  });

  it("lists names in order", () => {
    const { disk, root } = start();
    for (const name of ["b", "10", "a", "9"]) put(disk, join(root, name), name);
    disk.makeDirectory(join(root, "folder"));
    expect(disk.list(root)).toEqual(["10", "9", "a", "b", "folder"]);
    expect(codeOf(() => disk.list(join(root, "a")))).toBe("ENOTDIR");
  });

  it("makes folders with their parents, as often as asked", () => {
    const { disk, root } = start();
    disk.makeDirectory(join(root, "x", "y", "z"));
    disk.makeDirectory(join(root, "x", "y", "z"));
    expect(disk.isDirectory(join(root, "x", "y"))).toBe(true);
    put(disk, join(root, "file"), "");
    expect(disk.isDirectory(join(root, "file"))).toBe(false);
    expect(codeOf(() => disk.makeDirectory(join(root, "file")))).toBe("EEXIST");
  });

  it("renames over a file, and not over a folder that holds something", () => {
    const { disk, root } = start();
    put(disk, join(root, "a"), "new");
    put(disk, join(root, "b"), "old");
    disk.rename(join(root, "a"), join(root, "b"));
    expect(readAll(disk, join(root, "b"))).toBe("new");
    expect(disk.exists(join(root, "a"))).toBe(false);
    disk.makeDirectory(join(root, "from"));
    disk.makeDirectory(join(root, "to", "full"));
    expect(codeOf(() => disk.rename(join(root, "from"), join(root, "to")))).toBe("ENOTEMPTY");
    disk.rename(join(root, "to"), join(root, "moved"));
    expect(disk.isDirectory(join(root, "moved", "full"))).toBe(true);
  });

  it("removes a tree", () => {
    const { disk, root } = start();
    disk.makeDirectory(join(root, "x", "y"));
    put(disk, join(root, "x", "y", "a"), "1");
    put(disk, join(root, "x", "b"), "2");
    disk.removeTree(join(root, "x"));
    expect(disk.list(root)).toEqual([]);
  });

  it("locks a folder once", () => {
    const { disk, root } = start();
    const lock = disk.lock(root);
    expect(codeOf(() => disk.lock(root))).toBe("ELOCKED");
    lock.release();
    lock.release();
    const again = disk.lock(root);
    expect(codeOf(() => disk.lock(`${root}/.`))).toBe("ELOCKED");
    again.release();
    expect(disk.list(root)).toEqual([]);
  });

  it("knows its free bytes", () => {
    const { disk, root } = start();
    expect(disk.freeBytes(root)).toBeGreaterThan(0);
    expect(disk.totalBytes(root)).toBeGreaterThanOrEqual(disk.freeBytes(root));
  });
}

function syncContract(start: () => Subject): void {
  it("syncs files and folders, many at once", async () => {
    const { disk, root, settle } = start();
    const files = Array.from({ length: 40 }, (_, i) => disk.open(join(root, `f${i}`), { create: true }));
    for (const file of files) file.writeAt([text("data")], 0);
    const syncs = files.map((file) => file.sync());
    for (const file of files) file.close();
    await settle(Promise.all([...syncs, disk.syncDirectory(root)]));
    expect(disk.list(root)).toHaveLength(40);
  });

  it("rejects when it syncs a folder that is not there", async () => {
    const { disk, root, settle } = start();
    const promise = Promise.resolve().then(() => disk.syncDirectory(join(root, "missing")));
    await expect(settle(promise)).rejects.toMatchObject({ code: "ENOENT" });
  });
}

diskContract("real", () => {
  const root = mkdtempSync(join(tmpdir(), "ottla-disk-"));
  return {
    disk: realDisk(),
    root,
    settle: (promise) => promise,
    cleanUp: () => rmSync(root, { recursive: true, force: true }),
  };
});

diskContract("virtual", () => {
  const world = createVirtualWorld({ seed: 1 });
  const { disk } = world.addNode("n1").env;
  disk.makeDirectory("/data");
  return { disk, root: "/data", settle: (promise) => world.run(promise), cleanUp: () => {} };
});

diskContract("memory", () => {
  const disk = new MemoryDisk();
  disk.makeDirectory("/data");
  return { disk, root: "/data", settle: (promise) => promise, cleanUp: () => {} };
});
