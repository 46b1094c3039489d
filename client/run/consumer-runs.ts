// shell: the runs of one consumer: puts a runner together with the consumer's own records, a producer for
// what failed, and the retry topics that are read beside the others.
import type { ClientEnv } from "../../base/ports/env.ts";
import { ClientError } from "../errors.ts";
import type { OnClientEvent } from "../events.ts";
import type { ConnectionOptions } from "../options/connection-options.ts";
import type { RunOptions } from "./run-options.ts";
import { RunOutside } from "./run-outside.ts";
import type { ExtraTopic, RunSource } from "./run-source.ts";
import { Runner } from "./runner.ts";

export interface ConsumerRunsParts<R> {
  readonly env: ClientEnv;
  readonly settings: ConnectionOptions & { readonly onEvent: OnClientEvent | null };
  readonly source: RunSource<R> & {
    /** Reads these too. Throws ClientError NO_GROUP: only a member of a group can. */
    follow(topics: readonly ExtraTopic[]): void;
    /** The run is over; whoever reads next is handed out what it was not done with. */
    release(): void;
  };
  /** What is read, by name, as far as it is known. */
  topics(): readonly string[];
}

export class ConsumerRuns<R> {
  readonly #parts: ConsumerRunsParts<R>;
  readonly #running = new Set<Runner<R>>();

  constructor(parts: ConsumerRunsParts<R>) {
    this.#parts = parts;
  }

  /** As `Consumer.run` says. */
  async run(options: RunOptions<R>): Promise<void> {
    if (this.#running.size > 0) throw new ClientError("ALREADY_READING", "run: another run is under way");
    const { env, settings, source, topics } = this.#parts;
    const outside = new RunOutside(env, settings);
    const runner = new Runner<R>(
      {
        ...{ env, source, producer: outside.producer, onEvent: settings.onEvent },
        topics: { ensureTopic: outside.ensureTopic, follow: (extra) => source.follow(extra) },
      },
      options,
    );
    this.#running.add(runner);
    try {
      await runner.start(topics());
    } finally {
      this.#running.delete(runner);
      source.release();
      await outside.close();
    }
  }

  /** Resolves once what is in work has ended, within the run's own bounds. Never rejects. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((runner) => runner.stop()));
  }
}
