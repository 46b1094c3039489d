// test: a member of a group that is a process of its own, so that it can be killed. The process says what
// happens to it in lines, which a `LineReader` turns into events; it ends when its input ends, so that none
// outlives the test.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Assignment, GroupMember, GroupPlace, SeenRecord } from "./group-member.ts";

export type MemberEvent =
  | ({ readonly kind: "record" } & SeenRecord)
  | ({ readonly kind: "assigned" } & Assignment)
  | { readonly kind: "revoked" }
  | { readonly kind: "request"; readonly api: string; readonly version: number }
  | { readonly kind: "noise" };

/** Null: the line is for people. */
export type LineReader = (line: string) => MemberEvent | null;

export interface MemberCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly readLine: LineReader;
  /** Whether it leaves at SIGTERM; otherwise at the end of its input. */
  readonly stopsAtSignal: boolean;
}

const stopTimeoutMs = 20_000;
const linesKept = 60;

export class MemberProcess implements GroupMember {
  readonly name: string;
  readonly requests = new Set<string>();
  onRecord: (record: SeenRecord) => void = () => {};
  onAssignment: (assignment: Assignment) => void = () => {};
  readonly #command: (place: GroupPlace) => MemberCommand;
  #child: ChildProcess | null = null;
  #stopsAtSignal = false;
  #assignment: Assignment | null = null;
  #ended: Promise<void> = Promise.resolve();
  readonly #words: string[] = [];
  readonly #noise: string[] = [];

  constructor(name: string, command: (place: GroupPlace) => MemberCommand) {
    this.name = name;
    this.#command = command;
  }

  start(place: GroupPlace): void {
    const { command, args, environment, readLine, stopsAtSignal } = this.#command(place);
    this.#stopsAtSignal = stopsAtSignal;
    const child = spawn(command, args, { env: { ...process.env, ...environment } });
    this.#child = child;
    // Its output is read to the end before it counts as ended.
    this.#ended = new Promise((resolve) => {
      child.once("close", () => resolve());
      child.once("error", (error) => {
        keep(this.#words, error.message);
        resolve();
      });
    });
    child.stdin.on("error", () => {});
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on("line", (line) => this.#heard(line, readLine));
  }

  #heard(line: string, readLine: LineReader): void {
    const event = readLine(line);
    switch (event?.kind) {
      case "record":
        this.onRecord(event);
        return;
      case "assigned":
        this.#assignment = event;
        this.onAssignment(event);
        break;
      case "revoked":
        this.#assignment = null;
        break;
      case "request":
        this.requests.add(`${event.api} ${event.version}`);
        keep(this.#noise, line);
        return;
      case "noise":
        keep(this.#noise, line);
        return;
      default:
    }
    keep(this.#words, line);
  }

  lastWords(): string {
    return [...this.#words, "and in detail:", ...this.#noise].join("\n");
  }

  assignment(): Assignment | null {
    return this.#assignment;
  }

  async stop(): Promise<void> {
    if (this.#child === null) return;
    if (this.#stopsAtSignal) this.#child.kill("SIGTERM");
    else this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child?.kill("SIGKILL"), stopTimeoutMs);
    await this.#ended;
    clearTimeout(timer);
    this.#assignment = null;
    if (this.#child.signalCode !== "SIGKILL") return;
    throw new Error(`${this.name} did not leave within ${stopTimeoutMs} ms; it said:\n${this.lastWords()}`);
  }

  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
    this.#child = null;
    this.#assignment = null;
  }
}

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > linesKept) lines.shift();
}

/** What our own child processes print: one event as JSON in a line. */
export function readJsonLine(line: string): MemberEvent | null {
  if (!line.startsWith('{"kind":')) return null;
  return JSON.parse(line) as MemberEvent;
}
