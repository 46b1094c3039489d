// test: clusters inside a process leave nothing of themselves there: shown in a process of its own, since a
// test runner has timers and pipes that come and go.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("leaves no timer, socket, port, file or rejection behind, and the process ends by itself", () => {
  const script = fileURLToPath(new URL("../test/testing/leftovers.ts", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "ottla-leftovers-"));
  const env = { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder };
  const done = spawnSync(process.execPath, [script], { encoding: "utf8", timeout: 25_000, env });
  const files = readdirSync(folder);
  rmSync(folder, { recursive: true });
  expect(files).toEqual([]);
  expect(done.stderr).toBe("");
  expect(done.status).toBe(0);
  const told = JSON.parse(done.stdout);
  expect(told.results).toEqual(
    ["memory", "disk", "kills while starting", "two at once"].map((name) => ({
      name,
      left: told.before,
      ports: [],
    })),
  );
  expect(told).toMatchObject({ rejections: [], timers: [] });
});
