// core: the committed metadata as this node has applied it, and who wants to know when it changes.
import { emptyImage, type MetadataImage } from "../cluster/metadata/image.ts";
import type { MetadataPort } from "./broker/ports.ts";

export class ImageView implements MetadataPort {
  #image = emptyImage;
  readonly #listeners = new Set<() => void>();

  get image(): MetadataImage {
    return this.#image;
  }

  publish(image: MetadataImage): void {
    this.#image = image;
    for (const listener of [...this.#listeners]) listener();
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
