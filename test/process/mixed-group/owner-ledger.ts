// test: who owned which partition in which generation, by what the members say they were assigned. Two owners
// of one partition in one generation are a fault of the coordinator, or of an assignor.
import type { Assignment, GroupMember } from "./group-member.ts";

export class OwnerLedger {
  readonly faults: string[] = [];
  readonly #owners = new Map<string, string>();
  readonly #generations = new Set<number>();
  /** Names of the members that have said which generation they were in. */
  readonly speakers = new Set<string>();

  follow(member: GroupMember): void {
    member.onAssignment = (assignment) => this.note(member.name, assignment);
  }

  note(name: string, { generation, partitions }: Assignment): void {
    if (generation === null) return;
    this.#generations.add(generation);
    this.speakers.add(name);
    for (const partition of partitions) {
      const key = `${generation}/${partition}`;
      const owner = this.#owners.get(key);
      if (owner !== undefined && owner !== name)
        this.faults.push(`partition ${partition} in generation ${generation}: ${owner} and ${name}`);
      this.#owners.set(key, name);
    }
  }

  /** How many generations somebody was assigned something in. */
  get generations(): number {
    return this.#generations.size;
  }
}
