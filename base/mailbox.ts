// shell: a serial queue of jobs: one state machine, one mailbox, no locks. A job begins when the one before
// it has settled; a job that fails does so for its caller only, and the next one runs. Knows nothing of the
// jobs.
import { limits } from "./limits.ts";

type Job = { run: () => void; refuse: (error: Error) => void };

/** The mailbox is full; the caller should slow down and try again. */
export class MailboxFullError extends Error {
  constructor(name: string, sizeMax: number) {
    super(`post to mailbox ${name}: it holds ${sizeMax} jobs and takes no more`);
    this.name = "MailboxFullError";
  }
}

/** The mailbox was closed before the job began: it was not carried out and never will be. */
export class MailboxClosedError extends Error {
  constructor(name: string) {
    super(`post to mailbox ${name}: it is closed`);
    this.name = "MailboxClosedError";
  }
}

export class Mailbox {
  readonly name: string;
  private readonly sizeMax: number;
  private queue: Job[] = [];
  private head = 0;
  private isRunning = false;
  private closed = false;
  private whenIdle: (() => void)[] = [];

  constructor(options: { name: string; sizeMax?: number }) {
    this.name = options.name;
    this.sizeMax = options.sizeMax ?? limits.mailboxMax;
  }

  /** Jobs that have not begun. */
  get size(): number {
    return this.queue.length - this.head;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /**
   * Runs the job after all posted before; settles as it does. Never runs it within this call. Rejects with
   * MailboxFullError or MailboxClosedError without running it.
   */
  post<T>(job: () => T | Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(new MailboxClosedError(this.name));
    if (this.size >= this.sizeMax) return Promise.reject(new MailboxFullError(this.name, this.sizeMax));
    return new Promise<T>((resolve, reject) => {
      const run = (): void => {
        this.carryOut(job).then(resolve, reject);
      };
      this.queue.push({ run, refuse: reject });
      this.wake();
    });
  }

  /**
   * Takes no more jobs; those that have not begun reject with MailboxClosedError. Resolves once the running
   * one has settled. Must not be awaited from within a job.
   */
  close(): Promise<void> {
    this.closed = true;
    const refused = this.queue.slice(this.head);
    this.queue = [];
    this.head = 0;
    for (const job of refused) job.refuse(new MailboxClosedError(this.name));
    return this.idle();
  }

  /** Resolves once nothing runs or waits. */
  idle(): Promise<void> {
    if (!this.isRunning) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenIdle.push(resolve);
    });
  }

  private wake(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    queueMicrotask(() => this.next());
  }

  private async carryOut<T>(job: () => T | Promise<T>): Promise<T> {
    try {
      return await job();
    } finally {
      this.next();
    }
  }

  private next(): void {
    const job = this.queue[this.head];
    if (job === undefined) {
      this.isRunning = false;
      const waiting = this.whenIdle;
      this.whenIdle = [];
      for (const resolve of waiting) resolve();
      return;
    }
    this.head++;
    if (this.head > 1024 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    } else if (this.head === this.queue.length) {
      this.queue = [];
      this.head = 0;
    }
    job.run();
  }
}
