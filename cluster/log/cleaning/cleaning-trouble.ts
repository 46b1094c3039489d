// core: why a pass of the cleaner came to nothing. Of plain parts, so that it can cross between threads.
//
// damaged: bytes are not what was written. unreadable: they are, and are no records. disk: a file could not
// be read or written. full: the disk has no room. ended: it was told to stop.
export type TroubleKind = "damaged" | "unreadable" | "disk" | "full" | "ended";

export interface TroubleParts {
  readonly kind: TroubleKind;
  readonly path: string;
  readonly position: number;
  readonly what: string;
}

export class CleaningTrouble extends Error {
  readonly parts: TroubleParts;

  constructor(parts: TroubleParts) {
    super(`${parts.path} at position ${parts.position}: ${parts.kind}: ${parts.what}`);
    this.name = "CleaningTrouble";
    this.parts = parts;
  }
}
