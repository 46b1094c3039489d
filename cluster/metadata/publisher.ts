// shell: the committed metadata on a node that only follows it: listens to a journal, builds images, and
// tells subscribers of each in order. A node that is a controller has all this in its controller.
//
// Its methods have the shape of cluster/machine's JournalEvents, so that a journal can be given it as it is.
import type { Log } from "../../base/ports/log.ts";
import { applyRecords, type RecordEnvelope } from "./apply.ts";
import { deltaBetween } from "./deltas.ts";
import { emptyImage, type MetadataDelta, type MetadataImage } from "./image.ts";
import { decodeRecord } from "./record-codec.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";

export type MetadataListener = (image: MetadataImage, delta: MetadataDelta) => void;

export interface MetadataSnapshot {
  readonly end: number;
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

export interface PublisherOptions {
  readonly log: Log;
  /** The process cannot go on: the log holds what this node cannot read or apply. */
  readonly halt: (reason: string) => never;
  /** Called each time `everyBytes` of records were committed. */
  readonly snapshots?: { readonly everyBytes: number; store(snapshot: MetadataSnapshot): void };
}

export class MetadataPublisher {
  readonly #options: PublisherOptions;
  readonly #listeners = new Set<MetadataListener>();
  #image = emptyImage;
  #bytesSinceSnapshot = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** With every committed record, and no other. */
  get image(): MetadataImage {
    return this.#image;
  }

  /** Calls `listener` after every change, in order. Answers how to stop it. */
  subscribe(listener: MetadataListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  snapshot(): MetadataSnapshot {
    this.#bytesSinceSnapshot = 0;
    const { end, epoch } = this.#image;
    return { end, epoch, bytes: encodeSnapshot(this.#image) };
  }

  onCommitted(entries: readonly { readonly envelope: RecordEnvelope; readonly value: Uint8Array }[]): void {
    if (entries.length === 0) return;
    const { image, delta } = this.#guarded("applying committed metadata", () => {
      const placed = entries.map(({ envelope, value }) => ({ envelope, record: decodeRecord(value) }));
      return applyRecords(this.#image, placed);
    });
    for (const { value } of entries) this.#bytesSinceSnapshot += value.length;
    this.#publish(image, delta);
    const { snapshots } = this.#options;
    if (snapshots !== undefined && this.#bytesSinceSnapshot >= snapshots.everyBytes)
      snapshots.store(this.snapshot());
  }

  onSnapshot(snapshot: MetadataSnapshot): void {
    const image = this.#guarded("loading a metadata snapshot", () => decodeSnapshot(snapshot.bytes));
    this.#bytesSinceSnapshot = 0;
    this.#publish(image, deltaBetween(this.#image, image));
  }

  onLeading(): void {
    this.#options.halt("a node that only follows the metadata was told to lead it");
  }

  onNotLeading(): void {}

  #publish(image: MetadataImage, delta: MetadataDelta): void {
    this.#image = image;
    for (const listener of [...this.#listeners]) listener(image, delta);
  }

  #guarded<T>(what: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      const text = `${what} failed, this process cannot go on: ${String(error)}`;
      this.#options.log.error({ error: String(error) }, text);
      return this.#options.halt(text);
    }
  }
}
