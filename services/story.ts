// shell: what this node saw, twice: every event in the timeline, for machines; and in the log, for people, in
// a sentence. What happens to many partitions in one turn is one line with a count and the first of them.
import type { Clock } from "../base/ports/clock.ts";
import type { Log } from "../base/ports/log.ts";
import { Timeline } from "./timeline.ts";

type Detail = Readonly<Record<string, unknown>>;

/** How many of a kind are told with all they have. */
const toldInFull = 3;

/** Events that are not here are logged where they happen, or are of interest to machines alone. */
const sentences: Readonly<Record<string, string>> = {
  "session-connection-lost": "the connection on which a broker sends heartbeats was lost",
  "session-expired": "a broker was not heard from in time",
  registered: "a broker registered",
  fenced: "a broker is fenced: it leads nothing, and clients are not told of it",
  unfenced: "a broker is part of the cluster",
  "shutting-down": "a broker is leaving: its leaderships go to others",
  "leader-moved": "leadership of a partition moved",
  "topic-created": "a topic was created",
  "topic-deleted": "a topic was deleted",
  becameLeader: "this broker leads a partition",
  inSyncShrunk: "replicas left the in-sync set of a partition led here",
  inSyncExpanded: "replicas joined the in-sync set of a partition led here",
  caughtUp: "a replica here has caught up with its leader",
  truncated: "a replica here cut its log to agree with its leader",
};

export class Story {
  readonly timeline = new Timeline();
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #untold = new Map<string, Detail[]>();

  constructor(options: { clock: Clock; log: Log }) {
    this.#clock = options.clock;
    this.#log = options.log;
  }

  note(kind: string, detail: Detail): void {
    const clock = this.#clock;
    this.timeline.add({ wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), kind, detail });
    if (!Object.hasOwn(sentences, kind)) return;
    if (this.#untold.size === 0) clock.endOfTurn(() => this.#tell());
    const details = this.#untold.get(kind);
    if (details === undefined) this.#untold.set(kind, [detail]);
    else details.push(detail);
  }

  #tell(): void {
    const untold = [...this.#untold];
    this.#untold.clear();
    for (const [kind, details] of untold) {
      const [first, ...others] = details;
      const fields =
        others.length === 0 ? first! : { count: details.length, first: details.slice(0, toldInFull) };
      this.#log.info(fields, sentences[kind]!);
    }
  }
}
