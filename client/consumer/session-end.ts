// shell: tells the brokers that the fetch sessions of one consumer are over. A session is not bound to a
// connection: it goes by one that is free, since a broker would look at it only after a fetch that waits
// there. Knows no second attempt: what clients leave behind brokers drop by themselves.
import type { Clock } from "../../base/ports/clock.ts";
import { deferred } from "../../base/waits.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type FetchSession, sessionsFrom } from "./fetch-session.ts";

/** Resolves once the brokers have answered, or failed, or `withinMs` have passed. Never rejects. */
export async function endSessions(
  clock: Clock,
  cluster: Cluster,
  sessions: ReadonlyMap<number, FetchSession>,
  withinMs: number,
): Promise<void> {
  const open = [...sessions].filter(([, session]) => session.position.id !== 0);
  if (open.length === 0) return;
  const over = deferred<unknown>();
  const timer = clock.after(withinMs, () => over.resolve(null));
  const ends = open.map(([id, session]) => endSession(cluster, id, session));
  await Promise.race([Promise.allSettled(ends), over.promise]);
  timer.cancel();
}

async function endSession(cluster: Cluster, id: number, session: FetchSession): Promise<void> {
  const end = session.close();
  const broker = cluster.cache.broker(id);
  if (end === null || broker === null) return;
  const fetching = cluster.links.open(broker, "fetch");
  const connection = fetching?.inFlight === 0 ? fetching : await cluster.links.connect(broker, "control");
  const body = { replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: 0, ...end };
  await connection.request(apis.Fetch, body, { versions: { min: sessionsFrom } });
}
