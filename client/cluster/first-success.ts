// shell: asks one after the other until the first success, and does not wait for the slow: who has not
// answered within a step has the next one asked beside it. A paused broker then costs one step, not a
// timeout.
import type { Clock } from "../../base/ports/clock.ts";

export interface Attempt<T> {
  readonly name: string;
  run(): Promise<T>;
}

/**
 * The first success. Rejects with the list of failures once all have failed; at least one attempt is needed.
 */
export function firstSuccess<T>(clock: Clock, attempts: readonly Attempt<T>[], stepMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const failures: Error[] = [];
    let begun = 0;
    let isOver = false;
    const next = (): void => {
      const attempt = attempts[begun];
      if (isOver || attempt === undefined) return;
      begun++;
      const timer = clock.after(stepMs, next);
      attempt.run().then(
        (value) => {
          timer.cancel();
          isOver = true;
          resolve(value);
        },
        (error: Error) => {
          timer.cancel();
          failures.push(error);
          if (!isOver && failures.length === attempts.length) {
            isOver = true;
            reject(new AggregateError(failures, failures.map((failure) => failure.message).join("; ")));
          }
          if (begun === failures.length) next();
        },
      );
    };
    next();
  });
}
