// test: every command that docs/FROM_KAFKA.md shows is one, with the options that it is shown with.
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { expect, it } from "vitest";
import { commandTree } from "./main.ts";

const page = readFileSync(new URL("../docs/FROM_KAFKA.md", import.meta.url), "utf8");
const shown = [...page.matchAll(/`ottla ([^`]+)`/g)].map((match) => match[1]!);

const commands = await commandTree();

/** What is wrong with it; null: nothing. */
function problemOf(text: string): string | null {
  let command: Command = commands;
  let isNamed = false;
  for (const word of text.split(" ")) {
    if (word.startsWith("--")) {
      const isKnown = command.options.some(({ long }) => long === word);
      if (!isKnown) return `${text}: ${command.name()} has no option ${word}`;
      continue;
    }
    const next = command.commands.find((one) => one.name() === word);
    if (next !== undefined && !isNamed) command = next;
    else if (command.commands.length > 0) return `${text}: ${command.name()} has no command ${word}`;
    else isNamed = true;
  }
  return null;
}

it("docs/FROM_KAFKA.md shows commands that exist", () => {
  expect(shown.length).toBeGreaterThan(20);
  expect(shown.map(problemOf).filter((problem) => problem !== null)).toEqual([]);
  // The check can fail.
  expect(problemOf("topic alter t --replication 2")).toContain("no option --replication");
  expect(problemOf("cluster leave")).toContain("no command leave");
});
