// test: runs the scenario files of raft/. Each holds commands, every one with what must come of it after
// "----"; with UPDATE_SCENARIOS=1 in the environment the files are rewritten with what does come of them, to
// be read by a person.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RaftScenario } from "./raft-scenario.ts";

const folder = join(import.meta.dirname, "raft");
const isUpdating = process.env.UPDATE_SCENARIOS === "1";

/** Paragraphs: comments stay as they are; a command is one line, "----" and the expected lines. */
function play(text: string): string {
  const scenario = new RaftScenario();
  const paragraphs = text.trimEnd().split(/\n\n+/);
  const played = paragraphs.map((paragraph) => {
    const [first, separator] = paragraph.split("\n").filter((line) => !line.startsWith("#"));
    if (first === undefined) return paragraph;
    if (!isUpdating && separator !== "----") throw new Error(`no "----" after "${first}"`);
    const comments = paragraph.split("\n").filter((line) => line.startsWith("#"));
    return [...comments, first, "----", ...scenario.run(first)].join("\n");
  });
  return `${played.join("\n\n")}\n`;
}

describe("consensus scenarios", () => {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".txt"))
    .sort();

  it("are there, and each says what it shows and where that comes from", () => {
    expect(names.length).toBeGreaterThanOrEqual(14);
    for (const name of names) {
      const text = readFileSync(join(folder, name), "utf8");
      expect(text, name).toMatch(/^# Property: .+/);
      expect(text, name).toMatch(/\n# Source: .+/);
    }
  });

  for (const name of names) {
    it(name.replace(".txt", "").replaceAll("-", " "), () => {
      const path = join(folder, name);
      const text = readFileSync(path, "utf8");
      const played = play(text);
      if (isUpdating) writeFileSync(path, played);
      else expect(played).toBe(text);
    });
  }
});
