// core: log directories that failed while running, told to whoever asked.
import type { Uuid } from "../base/uuid.ts";

export class DirectoryFailures {
  readonly ids = new Set<Uuid>();
  onFailed: (id: Uuid) => void = () => {};

  add(id: Uuid): void {
    if (this.ids.has(id)) return;
    this.ids.add(id);
    this.onFailed(id);
  }
}
