// test: the lock of a folder between processes: who holds it, and whose lock is stale.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFolder } from "./disk-lock.ts";
import { bootId } from "./host.ts";

const source = fileURLToPath(new URL("./disk-lock.ts", import.meta.url));
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ottla-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(body: string): string[] {
  const start =
    `import { lockFolder } from ${JSON.stringify(source)}; ` + `const folder = ${JSON.stringify(folder)};`;
  return ["--input-type=module", "-e", `${start}${body}`];
}

describe("lockFolder", () => {
  it("is refused while another process holds it, and free once that was killed", async () => {
    const child = spawn(
      process.execPath,
      script("lockFolder(folder); console.log('held'); setInterval(() => {}, 1000);"),
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const over = new Promise((resolve) => child.once("exit", resolve));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: "ELOCKED" }));
    child.kill("SIGKILL");
    await over;
    const lock = lockFolder(folder);
    expect(readFileSync(join(folder, ".lock"), "utf8")).toContain(`${process.pid} `);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("takes over the lock of a process whose id another one has now, and of another boot", () => {
    // Process 1 lives on every machine, but did not start at this tick.
    writeFileSync(join(folder, ".lock"), `1 99999999999 ${bootId()}\n`);
    lockFolder(folder).release();
    writeFileSync(join(folder, ".lock"), `${process.pid} - another-boot\n`);
    lockFolder(folder).release();
    writeFileSync(join(folder, ".lock"), "not what we write");
    lockFolder(folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is free again after a process that ended without releasing", () => {
    execFileSync(process.execPath, script("lockFolder(folder);"));
    expect(readdirSync(folder)).toEqual([".lock"]);
    lockFolder(folder).release();
  });
});
