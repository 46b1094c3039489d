// core: the groups of the classic protocol of one shard while it is led, and when to look at which of them
// next. A group that is in the log and has no members comes here only once somebody asks for it.
import { MinHeap } from "../../../base/min-heap.ts";
import type { GroupState } from "../state/group-state.ts";
import { ClassicGroup } from "./classic-group.ts";
import type { StepTime } from "./rebalance.ts";

interface Look {
  readonly atMs: number;
  readonly group: ClassicGroup;
}

export class ClassicGroups {
  readonly #groups = new Map<string, ClassicGroup>();
  readonly #looks = new MinHeap<Look>((one, other) => one.atMs < other.atMs);
  /** The earliest look that is planned, by group. */
  readonly #planned = new Map<ClassicGroup, number>();

  /** Members of the last generation begin new sessions. */
  load(groups: Iterable<GroupState>, time: StepTime): void {
    for (const { groupId, classic } of groups) {
      if (classic === null || classic.members.length === 0) continue;
      this.stepped(this.#keep(ClassicGroup.load(groupId, classic, time.nowMs)));
    }
  }

  /** Null: it has no members, and nobody is on the way. */
  find(groupId: string): ClassicGroup | null {
    return this.#groups.get(groupId) ?? null;
  }

  /** As it is here, or in the log, or a new one. */
  get(groupId: string, state: GroupState | null, time: StepTime): ClassicGroup {
    const known = this.#groups.get(groupId);
    if (known !== undefined) return known;
    const classic = state?.classic ?? null;
    if (classic === null) return this.#keep(new ClassicGroup(groupId, time.wallMs));
    return this.#keep(ClassicGroup.load(groupId, classic, time.nowMs));
  }

  /** In place of whatever was there. */
  adopt(group: ClassicGroup): ClassicGroup {
    const before = this.#groups.get(group.groupId);
    if (before !== undefined) this.forget(before);
    return this.#keep(group);
  }

  #keep(group: ClassicGroup): ClassicGroup {
    this.#groups.set(group.groupId, group);
    return group;
  }

  values(): Iterable<ClassicGroup> {
    return this.#groups.values();
  }

  forget(group: ClassicGroup): void {
    group.phase = "dead";
    if (this.#groups.get(group.groupId) === group) this.#groups.delete(group.groupId);
    this.#planned.delete(group);
  }

  /** After every step: its deadlines may have changed, or nothing may be left of it. */
  stepped(group: ClassicGroup): void {
    if (group.phase === "dead") return;
    if (isIdle(group)) {
      this.#groups.delete(group.groupId);
      this.#planned.delete(group);
      return;
    }
    const { earliestMs } = group;
    if (earliestMs === Number.POSITIVE_INFINITY) return;
    const planned = this.#planned.get(group);
    if (planned !== undefined && planned <= earliestMs) return;
    this.#planned.set(group, earliestMs);
    this.#looks.push({ atMs: earliestMs, group });
  }

  get hasDeadlines(): boolean {
    return this.#looks.size > 0;
  }

  /** The next group to look at by now; null: none is due. */
  takeDue(nowMs: number): ClassicGroup | null {
    for (;;) {
      const first = this.#looks.peek();
      if (first === null || first.atMs > nowMs) return null;
      this.#looks.pop();
      if (this.#planned.get(first.group) !== first.atMs) continue;
      this.#planned.delete(first.group);
      return first.group;
    }
  }
}

/** The log says all there is to say of it; a record on its way keeps it. */
function isIdle(group: ClassicGroup): boolean {
  const { phase, members, pending, isPersisting, repeatAtMs } = group;
  const isQuiet = pending.size === 0 && !isPersisting && repeatAtMs === Number.POSITIVE_INFINITY;
  return phase === "empty" && members.size === 0 && isQuiet;
}
