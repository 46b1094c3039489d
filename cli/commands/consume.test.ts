// test: what `ottla consume` refuses before it asks any cluster.
import { expect, it } from "vitest";
import { commandTree } from "../main.ts";
import { UsageError } from "../usage-error.ts";

/** Nothing listens there: a command that got so far fails otherwise. */
async function refusal(...args: string[]): Promise<unknown> {
  const program = await commandTree(["consume"]);
  for (const one of [program, ...program.commands])
    one.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  try {
    await program.parseAsync(["consume", ...args], { from: "user" });
    return null;
  } catch (error) {
    return error;
  }
}

it("wrong usage is refused, and says what is wrong", async () => {
  const cases: [string[], string][] = [
    [["a", "b"], "several topics are read with --group"],
    [["a", "--protocol", "classic"], "--protocol goes with --group"],
    [["a", "--group", ""], "the group id is empty"],
    [
      ["a", "--group", "g", "--from-offset", "5", "--partition", "0"],
      "--from-offset does not go with --group",
    ],
    [["a", "--group", "g", "--from-time", "2026-01-01"], "--from-time does not go with --group"],
    [["a", "--group", "g", "--partition", "0"], "--partition does not go with --group"],
    [["a", "--group", "g", "--to-end"], "(ottla group reset moves that)"],
    [["a", "--group", "g", "--in-order"], "--in-order does not go with --group"],
    [["a", "--from-offset", "5"], "--from-offset needs --partition"],
    [["a", "--to-end", "--to-time", "5"], "give one of --to-end"],
    [["a", "--from-time", "9", "--to-time", "5"], "it ends before it begins"],
  ];
  for (const [args, text] of cases) {
    const error = await refusal(...args);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(text);
  }
  expect(await refusal("a", "--group", "g", "--protocol", "eager")).toMatchObject({
    code: "commander.invalidArgument",
  });
  expect(await refusal()).toMatchObject({ code: "commander.missingArgument" });
});
