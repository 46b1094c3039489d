// core: the metadata as a state machine: how records become images. Has the shape that cluster/machine runs,
// and knows nothing of it.
import { applyRecords, type PlacedRecord } from "./apply.ts";
import { deltaBetween } from "./deltas.ts";
import { emptyImage, type MetadataDelta, type MetadataImage } from "./image.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";

export const metadataMachine = {
  name: "metadata",
  initial: emptyImage,
  replay(
    state: MetadataImage,
    entries: readonly PlacedRecord[],
  ): { state: MetadataImage; change: MetadataDelta } {
    const { image, delta } = applyRecords(state, entries);
    return { state: image, change: delta };
  },
  encode: encodeRecord,
  decode: decodeRecord,
  snapshots: { encode: encodeSnapshot, decode: decodeSnapshot, between: deltaBetween },
} as const;
