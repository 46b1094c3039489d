// core: events in order of (time, sequence). Cancelled events stay until they surface, or until they are more
// than half of all: then they are taken out.
import { MinHeap } from "../min-heap.ts";

export interface HeapEvent {
  timeMs: number;
  sequence: number;
  cancelled: boolean;
}

export class EventHeap<E extends HeapEvent> {
  private readonly heap = new MinHeap<E>(isBefore);
  private cancelledCount = 0;

  get size(): number {
    return this.heap.size - this.cancelledCount;
  }

  push(event: E): void {
    this.heap.push(event);
  }

  peek(): E | null {
    for (;;) {
      const first = this.heap.peek();
      if (first === null || !first.cancelled) return first;
      this.cancelledCount--;
      this.heap.pop();
    }
  }

  pop(): E | null {
    return this.peek() === null ? null : this.heap.pop();
  }

  /** The event must be in the heap and not cancelled before. */
  cancel(event: E): void {
    event.cancelled = true;
    this.cancelledCount++;
    if (this.cancelledCount < 1000 || this.cancelledCount * 2 < this.heap.size) return;
    this.heap.takeUnless((item) => !item.cancelled);
    this.cancelledCount = 0;
  }
}

function isBefore(a: HeapEvent, b: HeapEvent): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.sequence < b.sequence);
}
