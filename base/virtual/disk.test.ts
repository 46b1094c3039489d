// test: what only the simulated disk can show: power cuts, faults, rot, and their counts.
import { describe, expect, it } from "vitest";
import type { Disk, DiskFile } from "../ports/disk.ts";
import { VirtualDisk } from "./disk.ts";
import { cutModes } from "./file-content.ts";
import { Life, RevokedError } from "./life.ts";
import { VirtualScheduler } from "./scheduler.ts";
import { SeededRandom } from "./seeded-random.ts";
import { noStats } from "./stats.ts";

function makeDisk(seed: number) {
  const scheduler = new VirtualScheduler();
  const stats = noStats();
  const disk = new VirtualDisk({ name: "n1", scheduler, stats, random: new SeededRandom(seed) });
  const life = new Life("n1");
  return { scheduler, stats, disk, life, mounted: disk.mount(life) };
}

function write(disk: Disk, path: string, text: string, position = 0): DiskFile {
  const file = disk.open(path, { create: true });
  file.writeAt([Buffer.from(text)], position);
  return file;
}

function read(disk: VirtualDisk, path: string): string | null {
  const file = disk.files().find((item) => item.path === path);
  return file === undefined ? null : Buffer.from(file.bytes).toString();
}

describe("a power cut", () => {
  it("keeps what was synced, bytes and names, whatever the mode", async () => {
    for (const mode of cutModes) {
      const { disk, mounted, scheduler } = makeDisk(1);
      mounted.makeDirectory("/a");
      const file = write(mounted, "/a/f", "synced");
      await scheduler.run(
        Promise.all([file.sync(), mounted.syncDirectory("/a"), mounted.syncDirectory("/")]),
      );
      file.writeAt([Buffer.from("later")], 6);
      disk.powerCut(mode);
      expect(read(disk, "/a/f")?.slice(0, 6)).toBe("synced");
    }
  });

  it("loses a name whose folder was not synced, and bytes that were not", async () => {
    const { disk, mounted, scheduler, stats } = makeDisk(1);
    const named = write(mounted, "/named", "bytes");
    await scheduler.run(mounted.syncDirectory("/"));
    const synced = write(mounted, "/unnamed", "bytes");
    await scheduler.run(synced.sync());
    disk.powerCut("lost");
    expect(disk.files().map((file) => file.path)).toEqual(["/named"]);
    expect(read(disk, "/named")).toBe("");
    expect(stats).toMatchObject({ powerCuts: 1, powerCutsThatDropped: 1, droppedBytes: 5, droppedNames: 1 });
    named.close();
  });

  it("brings back what a rename or a removal replaced, until the folder is synced", async () => {
    const { disk, mounted, scheduler } = makeDisk(1);
    const old = write(mounted, "/f", "old");
    await scheduler.run(Promise.all([old.sync(), mounted.syncDirectory("/")]));
    const fresh = write(mounted, "/f.new", "new");
    await scheduler.run(fresh.sync());
    mounted.rename("/f.new", "/f");
    disk.powerCut("lost");
    expect(disk.files().map((file) => file.path)).toEqual(["/f"]);
    expect(read(disk, "/f")).toBe("old");
  });

  it("tears: over many seeds, part of a write is there and part is not", () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const { disk, mounted } = makeDisk(seed);
      write(mounted, "/f", "x".repeat(5000));
      disk.powerCut("prefix");
      const content = read(disk, "/f");
      if (content !== null) lengths.add(content.replace(/\0+$/, "").length);
    }
    expect(lengths.has(0)).toBe(true);
    expect(lengths.has(5000)).toBe(true);
    expect([...lengths].some((length) => length > 0 && length < 5000 && length % 512 === 0)).toBe(true);
    expect([...lengths].some((length) => length < 5000 && length % 512 !== 0)).toBe(true);
  });

  it("can keep a later sector and lose an earlier one", () => {
    const shapes = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const { disk, mounted } = makeDisk(seed);
      write(mounted, "/f", "x".repeat(1536));
      disk.powerCut("sectors");
      const content = read(disk, "/f") ?? "";
      shapes.add([0, 512, 1024].map((at) => (content[at] === "x" ? "x" : "-")).join(""));
    }
    expect(shapes.has("-x-")).toBe(true);
    expect(shapes.has("xxx")).toBe(true);
    expect(shapes.has("---")).toBe(true);
  });

  it("keeps the bytes as they were when they were written, whatever the caller's buffer says now", () => {
    const { disk, mounted } = makeDisk(1);
    const buffer = Buffer.from("then");
    const file = mounted.open("/f", { create: true });
    file.writeAt([buffer], 0);
    buffer.fill("now!");
    disk.powerCut("kept");
    expect(read(disk, "/f")).toBe("then");
  });

  it("drops a sync that was under way", async () => {
    const { disk, mounted, life, scheduler } = makeDisk(1);
    const file = write(mounted, "/f", "a");
    let settled = false;
    file.sync().then(
      () => (settled = true),
      () => (settled = true),
    );
    life.revoke();
    disk.powerCut("lost");
    await scheduler.runFor(1000);
    expect(settled).toBe(false);
    expect(() => file.size()).toThrow(RevokedError);
  });
});

describe("disk faults", () => {
  it("a failed sync leaves bytes in the page cache that no later sync brings to the disk", async () => {
    const kept = new Set<string | null>();
    for (let seed = 0; seed < 20; seed++) {
      const { disk, mounted, scheduler } = makeDisk(seed);
      const file = write(mounted, "/f", "first");
      await scheduler.run(mounted.syncDirectory("/"));
      disk.faults.syncErrorRate = 1;
      await expect(scheduler.run(file.sync())).rejects.toMatchObject({ code: "EIO" });
      disk.faults.syncErrorRate = 0;
      file.writeAt([Buffer.from("second")], 5);
      await scheduler.run(file.sync());
      expect(read(disk, "/f")).toBe("firstsecond");
      disk.powerCut("kept");
      kept.add(read(disk, "/f"));
    }
    expect([...kept].sort()).toEqual(["\0\0\0\0\0second", "firstsecond"]);
  });

  it("a full disk refuses, and may have taken a part", () => {
    const { disk, mounted, stats } = makeDisk(1);
    disk.faults.capacityBytes = 10;
    const file = write(mounted, "/f", "12345678");
    expect(mounted.freeBytes("/")).toBe(2);
    expect(() => file.writeAt([Buffer.from("abcd")], 8)).toThrow(expect.objectContaining({ code: "ENOSPC" }));
    expect(file.size()).toBeLessThanOrEqual(10);
    expect(stats.fullDiskRefusals).toBe(1);
    file.truncate(0);
    expect(mounted.freeBytes("/")).toBe(10);
  });

  it("a broken path fails, its neighbours do not", async () => {
    const { disk, mounted, scheduler } = makeDisk(1);
    mounted.makeDirectory("/a");
    mounted.makeDirectory("/ab");
    const file = write(mounted, "/a/f", "1");
    disk.faults.brokenPaths.add("/a");
    expect(() => file.writeAt([Buffer.from("2")], 0)).toThrow(expect.objectContaining({ code: "EIO" }));
    expect(() => mounted.list("/a")).toThrow(expect.objectContaining({ code: "EIO" }));
    await expect(scheduler.run(file.sync())).rejects.toMatchObject({ code: "EIO" });
    write(mounted, "/ab/f", "1");
  });

  it("rots one bit, also after a power cut", async () => {
    const { disk, mounted, scheduler } = makeDisk(1);
    const file = write(mounted, "/f", "aaaa");
    await scheduler.run(Promise.all([file.sync(), mounted.syncDirectory("/")]));
    expect(disk.rot("/f", 2)).toBe(2);
    disk.powerCut();
    const content = read(disk, "/f")!;
    expect(content).toHaveLength(4);
    expect(content.slice(0, 2) + content[3]).toBe("aaa");
    expect(content[2]).not.toBe("a");
  });

  it("a lost disk is empty", () => {
    const { disk, mounted } = makeDisk(1);
    write(mounted, "/f", "1");
    disk.lose();
    expect(disk.files()).toEqual([]);
    expect(disk.usedBytes).toBe(0);
  });
});
