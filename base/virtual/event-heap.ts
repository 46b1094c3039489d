// core: events in order of (time, sequence). Cancelled events stay until they surface, or until they are more
// than half of all: then the heap is rebuilt without them.

export interface HeapEvent {
  timeMs: number;
  sequence: number;
  cancelled: boolean;
}

export class EventHeap<E extends HeapEvent> {
  private items: E[] = [];
  private cancelledCount = 0;

  get size(): number {
    return this.items.length - this.cancelledCount;
  }

  push(event: E): void {
    const items = this.items;
    items.push(event);
    let at = items.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = event;
  }

  peek(): E | null {
    while (this.items.length > 0 && this.items[0]!.cancelled) {
      this.cancelledCount--;
      this.takeFirst();
    }
    return this.items[0] ?? null;
  }

  pop(): E | null {
    return this.peek() === null ? null : this.takeFirst();
  }

  /** The event must be in the heap and not cancelled before. */
  cancel(event: E): void {
    event.cancelled = true;
    this.cancelledCount++;
    if (this.cancelledCount < 1000 || this.cancelledCount * 2 < this.items.length) return;
    const kept = this.items.filter((item) => !item.cancelled);
    this.items = [];
    this.cancelledCount = 0;
    for (const item of kept) this.push(item);
  }

  private takeFirst(): E {
    const items = this.items;
    const first = items[0]!;
    const last = items.pop()!;
    if (items.length > 0) this.sinkFromTop(last);
    return first;
  }

  private sinkFromTop(event: E): void {
    const items = this.items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child++;
      if (!isBefore(items[child]!, event)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = event;
  }
}

function isBefore(a: HeapEvent, b: HeapEvent): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.sequence < b.sequence);
}
