// test: some members on one topic, what all of them have processed, and waiting for what they should be.
import type { Client, GroupMember, GroupPlace, MemberOptions } from "./group-member.ts";
import { OwnerLedger } from "./owner-ledger.ts";

export class GroupRun implements AsyncDisposable {
  readonly place: GroupPlace;
  readonly partitions: number;
  readonly members = new Map<string, GroupMember>();
  readonly ledger = new OwnerLedger();
  /** By whom each value was processed, once for every time. */
  readonly readers = new Map<string, string[]>();
  readonly #byMember = new Map<string, number>();
  #lastNumber = 0;

  constructor(place: GroupPlace, partitions: number) {
    this.place = place;
    this.partitions = partitions;
  }

  /** Starts another member; it does not wait until that has joined. */
  add(client: Client, options: MemberOptions = {}): GroupMember {
    const name = `${client.name} ${++this.#lastNumber}`;
    const member = client.member(name, options);
    this.ledger.follow(member);
    member.onRecord = ({ value }) => {
      this.readers.set(value, [...(this.readers.get(value) ?? []), name]);
      this.#byMember.set(name, this.processedBy(member) + 1);
    };
    member.start(this.place);
    this.members.set(name, member);
    return member;
  }

  processedBy(member: GroupMember): number {
    return this.#byMember.get(member.name) ?? 0;
  }

  async stop(member: GroupMember): Promise<void> {
    await member.stop();
    this.members.delete(member.name);
  }

  async kill(member: GroupMember): Promise<void> {
    await member.kill();
    this.members.delete(member.name);
  }

  /** Until every partition is read by exactly one of the members, and every member reads some. */
  async shared(timeoutMs = 30_000): Promise<void> {
    await this.until("the members share all partitions", () => this.#isShared(), timeoutMs);
  }

  #isShared(): boolean {
    const shares = [...this.members.values()].map((member) => member.assignment()?.partitions ?? []);
    const all = shares.flat();
    return (
      all.length === this.partitions &&
      new Set(all).size === this.partitions &&
      shares.every((share) => share.length > 0)
    );
  }

  /** Until every one of the values was processed. */
  async processed(values: Iterable<string>, timeoutMs = 30_000): Promise<void> {
    let missing = [...values];
    const isDone = (): boolean => {
      missing = missing.filter((value) => !this.readers.has(value));
      return missing.length === 0;
    };
    try {
      await this.until("all records are processed", isDone, timeoutMs);
    } catch (error) {
      const shown = missing.slice(0, 20).join(", ");
      throw new Error(`${missing.length} are missing: ${shown}\n${String(error)}`, { cause: error });
    }
  }

  async until(what: string, isSo: () => boolean, timeoutMs = 30_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!isSo()) {
      if (performance.now() > deadline)
        throw new Error(`not within ${timeoutMs} ms: ${what}\n${this.#state()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #state(): string {
    const members = [...this.members.values()].map((member) => {
      const assignment = JSON.stringify(member.assignment());
      const words = `it said:\n${member.lastWords()}`;
      return `- ${member.name}: ${assignment}, ${this.processedBy(member)} records; ${words}`;
    });
    return [`${this.readers.size} values were processed`, ...members].join("\n");
  }

  /** What was processed more than once, and by whom. */
  get repeated(): string[] {
    return [...this.readers]
      .filter(([, by]) => by.length > 1)
      .map(([value, by]) => `${value}: ${by.join(", ")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.members.values()].map((member) => member.kill()));
  }
}
