// test: `ottla consume --group` as a process: it commits what it has printed, no more and no less, and leaves
// its group at the end, be that --max or Ctrl-C.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster } from "../../testing/cluster.ts";

const launcher = fileURLToPath(new URL("../../bin/ottla.mjs", import.meta.url));

class Command {
  output = "";
  errors = "";
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, [launcher, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout!.on("data", (bytes) => (this.output += bytes));
    this.#child.stderr!.on("data", (bytes) => (this.errors += bytes));
    this.exited = new Promise((resolve) => this.#child.once("close", (code) => resolve(code)));
    running.push(this);
  }

  get lines(): string[] {
    return this.output.split("\n").slice(0, -1);
  }

  /** As `| head` does when it has enough. */
  closeOutput(): void {
    this.#child.stdout!.destroy();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

const running: Command[] = [];
let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({ brokers: 1 });
});

afterAll(async () => {
  for (const command of running) command.signal("SIGKILL");
  await Promise.all(running.map((command) => command.exited));
  await cluster?.stop();
});

async function topicWith(name: string, values: readonly string[]): Promise<string> {
  await cluster.createTopic(name, { partitions: 1 });
  for (const value of values) await cluster.producer().send({ topic: name, key: "k", value });
  return name;
}

const consume = (...args: string[]): Command =>
  new Command("consume", "--bootstrap", cluster.bootstrap, ...args);
const valuesOf = (command: Command): string[] => command.lines.map((line) => line.split("  ").at(-1)!);

describe.each(["classic", "consumer"])("ottla consume --group by the %s protocol", (protocol) => {
  it("goes on where --max ended it", async () => {
    const topic = await topicWith(`max-${protocol}`, ["a", "b", "c", "d", "e"]);
    const group = `${topic}-group`;
    const args = [topic, "--group", group, "--protocol", protocol, "--from-beginning"];
    const first = consume(...args, "--max", "2");
    expect(await first.exited, first.errors).toBe(0);
    expect(valuesOf(first)).toEqual(["a", "b"]);
    const admin = cluster.admin();
    expect(await admin.listGroupOffsets(group)).toMatchObject([{ partition: 0, offset: 2 }]);
    expect((await admin.describeGroups([group]))[0]!.members).toEqual([]);
    const second = consume(...args, "--max", "3", "--json");
    expect(await second.exited, second.errors).toBe(0);
    const records = second.lines.map((line) => JSON.parse(line) as { offset: number; value: string });
    expect(records.map(({ offset, value }) => `${offset}${value}`)).toEqual(["2c", "3d", "4e"]);
    expect(await admin.groupLag(group)).toMatchObject({ lag: 0 });
  });

  it("reads several topics, and commits and leaves at Ctrl-C", async () => {
    const topics = [
      await topicWith(`int-${protocol}-1`, ["a", "b"]),
      await topicWith(`int-${protocol}-2`, ["c"]),
    ];
    const group = `int-${protocol}`;
    const command = consume(...topics, "--group", group, "--protocol", protocol, "--from-beginning");
    await expect.poll(() => valuesOf(command).sort(), { timeout: 20_000 }).toEqual(["a", "b", "c"]);
    expect(command.output).toContain(`${topics[1]}-0:0  `);
    const admin = cluster.admin();
    const [group0] = await admin.describeGroups([group]);
    expect(group0).toMatchObject({ state: "Stable", type: protocol, members: [{}] });
    command.signal("SIGINT");
    expect(await command.exited, command.errors).toBe(0);
    expect(await admin.groupLag(group)).toMatchObject({ lag: 0, group: { state: "Empty", members: [] } });
  });
});

it("ends quietly, and leaves, when nobody reads its output any more", async () => {
  const topic = await topicWith("piped", ["a"]);
  const commands = [["--group", "piped"], []].map((group) => consume(topic, "--from-beginning", ...group));
  const producer = cluster.producer();
  for (const command of commands) {
    await expect.poll(() => command.lines.length, { timeout: 20_000 }).toBe(1);
    command.closeOutput();
  }
  await producer.send({ topic, value: "b" });
  for (const command of commands) {
    expect(await command.exited).toBe(0);
    expect(command.errors).toBe("");
  }
  const { lag, group } = await cluster.admin().groupLag("piped");
  // Nobody has read the second record.
  expect({ lag, members: group!.members }).toEqual({ lag: 1, members: [] });
});

it("says that there is no such topic", async () => {
  const topic = await topicWith("known", []);
  const command = consume(topic, "unknown", "--group", "g");
  expect(await command.exited).toBe(1);
  expect(command.errors).toContain("unknown");
});

it("without --from-beginning a new group reads what is new", async () => {
  const topic = await topicWith("new", ["old"]);
  const command = consume(topic, "--group", "newcomers", "--max", "1");
  const admin = cluster.admin();
  const isIn = async (): Promise<boolean> => {
    const [group] = await admin.describeGroups(["newcomers"]).catch(() => []);
    return group?.members[0]?.assignment?.length === 1;
  };
  await expect.poll(isIn, { timeout: 20_000 }).toBe(true);
  // It has its place a moment after it has its partition: what comes before is old for it.
  const producer = cluster.producer();
  for (let number = 0; command.lines.length === 0 && number < 400; number++) {
    await producer.send({ topic, value: "new" });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(await command.exited, command.errors).toBe(0);
  expect(valuesOf(command)).toEqual(["new"]);
});
