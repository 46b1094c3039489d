// test: renaming where another process holds the file for a moment, as on Windows, and where an error is one.
import { describe, expect, it } from "vitest";
import { renaming } from "./rename.ts";

/** A system on which the first `held` tries fail with `code`. */
function system(platform: string, held: number, code = "EPERM") {
  const state = { tries: 0 };
  const problem = (): Error | null =>
    state.tries++ < held ? Object.assign(new Error("held"), { code }) : null;
  return {
    state,
    platform,
    renameSync: () => {
      const error = problem();
      if (error !== null) throw error;
    },
    rename: (_from: string, _to: string, done: (error: Error | null) => void) => done(problem()),
  };
}

describe("renaming", () => {
  it("is tried again on Windows while somebody holds the file", async () => {
    const one = system("win32", 3);
    renaming(one).rename("a", "b");
    expect(one.state.tries).toBe(4);
    const other = system("win32", 3, "EBUSY");
    await renaming(other).replace("a", "b");
    expect(other.state.tries).toBe(4);
  });

  it("fails at once elsewhere, and for any other reason", async () => {
    for (const [platform, code] of [
      ["linux", "EPERM"],
      ["win32", "ENOENT"],
    ] as const) {
      const one = system(platform, 1, code);
      expect(() => renaming(one).rename("a", "b")).toThrow("rename to b");
      expect(one.state.tries).toBe(1);
      const other = system(platform, 1, code);
      await expect(renaming(other).replace("a", "b")).rejects.toThrow("rename to b");
      expect(other.state.tries).toBe(1);
    }
  });

  it("gives up after a while", () => {
    const one = system("win32", Number.POSITIVE_INFINITY, "EACCES");
    expect(() => renaming(one).rename("a", "b")).toThrow("rename to b");
    expect(one.state.tries).toBe(200);
  });
});
