// shell: the segments of one log in order: which holds an offset, and how their end is cut off.
//
// Keeps true: there is always one; each begins where the one before it ends.
import type { Segment } from "./segment.ts";

/** The one that holds the offset, or would: the last that begins at or before it. */
export function segmentHolding(segments: readonly Segment[], offset: number): Segment {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (segments[middle]!.baseOffset <= offset) low = middle;
    else high = middle - 1;
  }
  return segments[low]!;
}

/** A batch that straddles the offset is cut as a whole. Answers the last segment, which was cut. */
export function cutSegments(
  segments: Segment[],
  offset: number,
  onGone: (segment: Segment) => void,
): Segment {
  // From the last to the first, so that a crash in between leaves no hole.
  while (segments.length > 1 && segments.at(-1)!.baseOffset >= offset) {
    const gone = segments.pop()!;
    onGone(gone);
    gone.remove();
    segments.at(-1)!.pin();
  }
  const segment = segments.at(-1)!;
  const position = segment.positionOf(offset);
  segment.cut(position, segment.endBefore(position));
  return segment;
}
