// test: what `ottla group` refuses before it asks any cluster.
import { expect, it } from "vitest";
import { commandTree } from "../main.ts";
import { UsageError } from "../usage-error.ts";

/** Nothing listens there: a command that got so far fails otherwise. */
async function refusal(...args: string[]): Promise<unknown> {
  const program = await commandTree(["group"]);
  for (const one of [program, ...program.commands.flatMap((each) => [each, ...each.commands])])
    one.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  try {
    await program.parseAsync(["group", ...args], { from: "user" });
    return null;
  } catch (error) {
    return error;
  }
}

it("wrong usage is refused, and says what is wrong", async () => {
  const cases: [string[], string][] = [
    [["describe", ""], "the group id is empty"],
    [["delete", "a", "x".repeat(40_000)], "has 40000 bytes"],
    [["reset", "g", "--topic", "t"], "say where to: one of"],
    [["reset", "g", "--topic", "t", "--to-earliest", "--shift-by", "-3"], "say where to: only one of"],
    [["reset", "g", "--to-earliest"], "say where: --topic NAME"],
    [["reset", "g", "--topic", "t", "--all-topics", "--to-latest"], "say where: --topic NAME"],
    [["reset", "g", "--topic", "t:x", "--to-latest"], "is no partition"],
    [["reset", "g", "--topic", "t", "--to-time", "soon"], "should be an ISO 8601 time"],
    [["reset", "g", "--topic", "t", "--to-time", "1", "--to-datetime", "1"], "give one"],
    [["reset", "g", "--topic", "t", "--by-duration", "1y"], "should be a duration"],
    [["reset", "g", "--from-file", "/nowhere/f.csv"], "--from-file /nowhere/f.csv: ENOENT"],
    [["reset", "g", "--topic", "t", "--to-latest", "--execute", "--dry-run"], "which of the two"],
    [["seek", "g", "t", "5"], "should be a topic and one partition"],
    [["remove-members", "g"], "say who: --instance ID"],
    [["remove-members", "g", "--all", "--member", "m"], "say who: --instance ID"],
    [["delete-offsets", "g"], "say of which topic"],
  ];
  for (const [args, text] of cases) {
    const error = await refusal(...args);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(text);
  }
  for (const args of [
    ["list", "--state", "Sleepy"],
    ["reset", "g", "--topic", "t", "--to-offset", "-1"],
    ["lag", "--watch", "0"],
    ["seek", "g", "t:0", "x"],
  ])
    expect(await refusal(...args)).toMatchObject({ code: "commander.invalidArgument" });
});
