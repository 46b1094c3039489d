// port: time. The only source of "now", of timers and of "later in this turn" for every core and shell.

/** A timer that has been set. Cancelling it twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Unix time in milliseconds. May jump; only for timestamps that people or records see. */
  wallMs(): number;
  /**
   * Milliseconds since some fixed moment, fractions allowed. Never goes back; for every duration and
   * deadline.
   */
  monotonicMs(): number;
  /**
   * Runs `run` once, at the earliest `delayMs` (>= 0) from now. A pending timer does not keep a process alive
   * by itself.
   */
  after(delayMs: number, run: () => void): Timer;
  /**
   * Runs `run` once after the input and output of the present event-loop turn: the place where work of one
   * turn is gathered into one write, one fsync or one message. Many calls in a turn run in the order they
   * were made.
   */
  endOfTurn(run: () => void): void;
}
