// core: a binary heap, the least element first. Elements that compare equal come out in any order, so callers
// that care compare a sequence number too.

export class MinHeap<T> {
  private items: T[] = [];
  private readonly isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.isBefore = isBefore;
  }

  get size(): number {
    return this.items.length;
  }

  peek(): T | null {
    return this.items[0] ?? null;
  }

  push(item: T): void {
    const { items } = this;
    items.push(item);
    let at = items.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): T | null {
    const { items } = this;
    const first = items[0];
    if (first === undefined) return null;
    const last = items.pop()!;
    if (items.length > 0) this.sink(last);
    return first;
  }

  /** Takes out what `keep` refuses, and answers it, in no order. Costs as much as the heap is long. */
  takeUnless(keep: (item: T) => boolean): T[] {
    const all = this.items;
    const taken: T[] = [];
    this.items = [];
    for (const item of all) {
      if (keep(item)) this.push(item);
      else taken.push(item);
    }
    return taken;
  }

  private sink(item: T): void {
    const { items } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.isBefore(items[child + 1]!, items[child]!)) child++;
      if (!this.isBefore(items[child]!, item)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}
