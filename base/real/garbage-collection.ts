// adapter: V8's garbage collection as a broker needs it. What a broker allocates is bytes on their way from
// sockets to files and back: megabytes of buffers held by a few small objects, dead within milliseconds. By
// V8's defaults every 32 MB of them bring on a collection of the whole heap (300 while a gigabyte is copied
// to a replica, two fifths of the leader's time); with these they go with the young objects that held them.
import { setFlagsFromString } from "node:v8";

const flags = [
  // Buffers count towards the limit at which the whole heap is collected, instead of having a low one alone.
  "--external-memory-accounted-in-global-limit",
  // That limit is four times of what was alive after the last one.
  "--heap-growing-percent=300",
  // A young generation that stays small is collected often, at about a millisecond, its buffers with it.
  "--semi-space-growth-factor=1",
  "--max-semi-space-size=2",
];

/** For a process that is a broker; to be called before it does anything else. */
export function collectForBuffers(): void {
  for (const flag of flags) setFlagsFromString(flag);
}
