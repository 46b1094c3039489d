// test: the members of groups in processes of their own, and what their notes together have to say: nothing
// skipped, nothing that was committed read again, and never two owners of a partition.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("group-member.ts", import.meta.url));

export interface MemberOptions {
  readonly bootstrap: string;
  readonly groupId: string;
  readonly topic: string;
  readonly protocol: "classic" | "consumer";
  readonly sessionTimeoutMs: number;
  /** Makes it a static member; null: it is none. */
  readonly instanceId: string | null;
  /** Commits itself after so many records; null: the client commits, by time and at the end. */
  readonly commitEvery: number | null;
  /** The file of its notes. */
  readonly notes: string;
}

export type Note = { readonly atMs: number } & (
  | {
      readonly kind: "assigned" | "revoked" | "lost";
      readonly generation: number;
      readonly partitions: readonly number[];
    }
  | {
      readonly kind: "read";
      readonly generation: number;
      readonly partition: number;
      readonly offset: number;
    }
  /** Pairs of partition and offset. */
  | { readonly kind: "committed"; readonly offsets: readonly (readonly [number, number])[] }
  | { readonly kind: "refused" | "failed"; readonly text: string }
  | { readonly kind: "closed" }
);

export class MemberProcess {
  readonly name: string;
  /** Who it is for its group: a static member stays the same through its lives. */
  readonly owner: string;
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #file: string;

  constructor(name: string, options: MemberOptions) {
    this.name = name;
    this.owner = options.instanceId ?? name;
    this.#file = options.notes;
    this.#child = spawn(process.execPath, [script, JSON.stringify(options)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.exited = new Promise((resolve) => this.#child.once("exit", () => resolve()));
  }

  get notes(): Note[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, "utf8").split("\n");
    // What stands behind the last end of a line is being written.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Note);
  }

  /** How many records it has read. */
  get count(): number {
    return this.notes.filter(({ kind }) => kind === "read").length;
  }

  /** The first offset that it has read of the partition; null: none. */
  firstOf(partition: number): number | null {
    for (const one of this.notes) if (one.kind === "read" && one.partition === partition) return one.offset;
    return null;
  }

  /** What it owns now, or owned when it was killed, in order. */
  get owned(): number[] {
    const owned = new Set<number>();
    for (const one of this.notes) {
      if (one.kind === "assigned") for (const partition of one.partitions) owned.add(partition);
      if (one.kind === "revoked" || one.kind === "lost")
        for (const partition of one.partitions) owned.delete(partition);
    }
    return [...owned].sort((one, other) => one - other);
  }

  /** `kill -9`. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  /** Lets it leave. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 30_000);
    await this.exited;
    clearTimeout(timer);
  }
}

/** The members of all groups of one test; the processes are gone at its end. */
export class GroupMembers implements AsyncDisposable {
  readonly #folder: string;
  readonly #all = new Map<string, MemberProcess[]>();
  #made = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  start(options: Omit<MemberOptions, "notes">): MemberProcess {
    const name = `${options.groupId}-${++this.#made}`;
    const member = new MemberProcess(name, { ...options, notes: join(this.#folder, `${name}.jsonl`) });
    this.#all.set(options.groupId, [...this.of(options.groupId), member]);
    return member;
  }

  /** Also those that are gone by now. */
  of(groupId: string): MemberProcess[] {
    return this.#all.get(groupId) ?? [];
  }

  /** Places of a topic that some member of the group has read, as "partition:offset"; with repetitions. */
  reads(groupId: string): string[] {
    return this.of(groupId).flatMap((member) =>
      member.notes.flatMap((one) => (one.kind === "read" ? [`${one.partition}:${one.offset}`] : [])),
    );
  }

  /** Waits until the group has read everything up to these ends. */
  async readTo(groupId: string, ends: readonly number[], timeoutMs = 60_000): Promise<void> {
    const total = ends.reduce((sum, end) => sum + end, 0);
    await until(
      () => new Set(this.reads(groupId)).size >= total,
      () => `${groupId} has read ${new Set(this.reads(groupId)).size} of ${total} records`,
      timeoutMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all.values()].flat().map((member) => member.kill()));
  }
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: () => string,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs} ms: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** From when to when a member had a partition, and what it read of it. */
export interface Stint {
  readonly member: string;
  readonly owner: string;
  readonly partition: number;
  readonly fromMs: number;
  /** Infinity: it was killed, or has it still. */
  readonly toMs: number;
  readonly wasLost: boolean;
  readonly generations: ReadonlySet<number>;
  readonly offsets: readonly number[];
}

type OpenStint = { -readonly [K in keyof Stint]: Stint[K] } & { generations: Set<number>; offsets: number[] };

type Noted = Pick<MemberProcess, "name" | "owner" | "notes">;

export function stintsOf(member: Noted): Stint[] {
  const stints: OpenStint[] = [];
  const open = new Map<number, OpenStint>();
  for (const one of member.notes) {
    if (one.kind === "assigned") {
      for (const partition of one.partitions) {
        const stint: OpenStint = {
          ...{
            member: member.name,
            owner: member.owner,
            partition,
            fromMs: one.atMs,
            toMs: Number.POSITIVE_INFINITY,
          },
          ...{ wasLost: false, generations: new Set<number>(), offsets: [] },
        };
        stints.push(stint);
        open.set(partition, stint);
      }
    } else if (one.kind === "revoked" || one.kind === "lost") {
      for (const partition of one.partitions) {
        const stint = open.get(partition);
        if (stint === undefined) continue;
        stint.toMs = one.atMs;
        stint.wasLost = one.kind === "lost";
        open.delete(partition);
      }
    } else if (one.kind === "read") {
      const stint = open.get(one.partition);
      if (stint === undefined) throw new Error(`${member.name} read of ${one.partition}, which it has not`);
      stint.offsets.push(one.offset);
      stint.generations.add(one.generation);
    }
  }
  return stints;
}

/**
 * What is wrong in what the members of one group did; empty: nothing. Records have no gaps between their
 * offsets, since nobody writes transactions here.
 */
export function wrongs(members: readonly Noted[], ends: readonly number[]): string[] {
  const found: string[] = [];
  const stints = members.flatMap(stintsOf);
  const commits = members.flatMap((member) =>
    member.notes.flatMap((one) => {
      if (one.kind !== "committed") return [];
      return one.offsets.map(([partition, offset]) => ({ partition, offset, atMs: one.atMs }));
    }),
  );
  const owners = new Map<string, string>();
  const seen = ends.map(() => new Set<number>());
  for (const { member, owner, partition, fromMs, offsets, generations } of stints) {
    const where = `${member} in ${partition}`;
    for (const [at, offset] of offsets.entries()) {
      seen[partition]!.add(offset);
      if (at > 0 && offset !== offsets[at - 1]! + 1)
        found.push(`${where}: ${offset} came after ${offsets[at - 1]}`);
    }
    const known = commits.filter((one) => one.partition === partition && one.atMs < fromMs);
    const committed = Math.max(0, ...known.map((one) => one.offset));
    if (offsets[0] !== undefined && offsets[0] < committed)
      found.push(`${where}: began at ${offsets[0]}, and ${committed} was committed before`);
    for (const generation of generations) {
      const key = `${partition} in generation ${generation}`;
      const other = owners.get(key) ?? owner;
      if (other !== owner) found.push(`${key} was read by ${other} and ${owner}`);
      owners.set(key, owner);
    }
  }
  for (const [partition, end] of ends.entries()) {
    const missing = Array.from({ length: end }, (_, at) => at).filter((at) => !seen[partition]!.has(at));
    if (missing.length > 0)
      found.push(`${partition}: never read were ${missing.length}, ${missing.slice(0, 5)}`);
  }
  for (const member of members)
    for (const one of member.notes) if (one.kind === "failed") found.push(`${member.name}: ${one.text}`);
  return found;
}

/** Pairs of members that had one partition at the same time. */
export function sharings(members: readonly Noted[]): string[] {
  const stints = members.flatMap(stintsOf);
  return stints.flatMap((one, at) =>
    stints.slice(at + 1).flatMap((other) => {
      const isApart = one.toMs <= other.fromMs || other.toMs <= one.fromMs;
      if (one.partition !== other.partition || one.member === other.member || isApart) return [];
      return [`${one.partition}: ${one.member} and ${other.member}`];
    }),
  );
}
