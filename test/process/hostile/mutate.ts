// test: makes a hostile frame of a valid one: bits turned, lengths and counts replaced by extreme ones, cut
// short, grown, or spliced with another; as a rule the frame's own length is put right again, so that what is
// wrong lies behind it.
import type { Random } from "../soak/trouble.ts";

const extremes = [-1, 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000, 0x00ffffff];

type Mutation = (frame: Buffer, other: Buffer, random: Random) => Buffer;

const below = (random: Random, end: number): number => Math.floor(random() * end);

/**
 * Nine times in ten behind API, version and correlation id: what does not even say what it is shows
 * little.
 */
const spot = (random: Random, length: number): number => {
  const from = length > 24 && random() < 0.9 ? 24 : 4;
  return from + below(random, length - from);
};

const mutations: readonly Mutation[] = [
  (frame, _other, random) => {
    const flips = 1 + below(random, random() < 0.8 ? 2 : 16);
    for (let n = 0; n < flips; n++) frame[spot(random, frame.length)]! ^= 1 << below(random, 8);
    return frame;
  },
  (frame, _other, random) => {
    const value = extremes[below(random, extremes.length)]!;
    const width = [1, 2, 4][below(random, 3)]!;
    if (frame.length < 4 + width) return frame;
    const at = Math.min(spot(random, frame.length), frame.length - width);
    for (let n = 0; n < width; n++) frame[at + n] = value >> (8 * (width - 1 - n));
    return frame;
  },
  (frame, _other, random) => frame.subarray(0, 4 + below(random, frame.length - 4)),
  (frame, _other, random) => {
    const extra = Buffer.alloc(1 + below(random, 200), below(random, 256));
    return Buffer.concat([frame, extra]);
  },
  (frame, other, random) => {
    const head = frame.subarray(0, 4 + below(random, frame.length - 4));
    return Buffer.concat([head, other.subarray(4 + below(random, other.length - 4))]);
  },
  (frame, _other, random) => {
    const from = 4 + below(random, frame.length - 4);
    const to = from + below(random, frame.length - from);
    return Buffer.concat([frame.subarray(0, to), frame.subarray(from)]);
  },
];

export function mutate(frames: readonly Uint8Array[], random: Random): Uint8Array {
  const frame = Buffer.from(frames[below(random, frames.length)]!);
  const other = Buffer.from(frames[below(random, frames.length)]!);
  let made: Buffer = frame;
  const rounds = random() < 0.7 ? 1 : below(random, 4);
  for (let n = 0; n < rounds && made.length > 8; n++)
    made = mutations[below(random, mutations.length)]!(made, other, random);
  // One in twenty keeps a wrong length: the connection waits for more, or takes the next for the rest.
  if (random() > 0.05 && made.length >= 4) made.writeInt32BE(made.length - 4, 0);
  return made;
}
