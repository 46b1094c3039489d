// core: one life of a simulated process, from its start to its crash. Every adapter handed to the process
// asks its life first, so that nothing a dead process still holds can touch the world. Knows no adapter.

/** Thrown into a process that has crashed and still calls its env. Nothing may treat it as an answer. */
export class RevokedError extends Error {
  constructor(name: string) {
    super(`${name} has crashed; this env belongs to a life that is over`);
    this.name = "RevokedError";
  }
}

export class Life {
  readonly name: string;
  /** The process is stopped (as by SIGSTOP or a long garbage collection) until this virtual time. */
  pausedUntilMs = 0;
  private over = false;
  private endings: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get revoked(): boolean {
    return this.over;
  }

  /** Throws once the life is over. */
  check(): void {
    if (this.over) throw new RevokedError(this.name);
  }

  /** Runs `ending` when the life ends; for sockets, locks and pending writes. */
  whenOver(ending: () => void): void {
    this.endings.push(ending);
  }

  revoke(): void {
    if (this.over) return;
    this.over = true;
    const endings = this.endings;
    this.endings = [];
    for (const ending of endings) ending();
  }
}

/** What a dead process waits for. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
