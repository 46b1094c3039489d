// core: whether the machine of a broker is cut off from its clients. It outlasts the lives of the broker.
export class ClientCut {
  readonly #listeners = new Set<() => void>();
  #isCut = false;

  get isCut(): boolean {
    return this.#isCut;
  }

  set(isCut: boolean): void {
    this.#isCut = isCut;
    for (const listener of [...this.#listeners]) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
