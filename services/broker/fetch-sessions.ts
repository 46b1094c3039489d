// core: incremental fetch sessions (KIP-227): what each session asks for and was last told, so that a client
// sends only what changed and is answered only what changed.
//
// Keeps true: a session's epoch follows its requests one by one; a partition with an error is told in every
// answer until the error is gone, and once after that; sessions and the partitions in them are bounded. It
// knows nothing of connections: a session outlives them and is found by its id alone.
//
// Source: kafka-protocol Fetch, KIP-227 (sessions, eviction), KIP-516 (sessions by topic id).
import { limits } from "../../base/limits.ts";
import type { Random } from "../../base/ports/random.ts";
import { ErrorCode, type ErrorName } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { FetchSession } from "./fetch-session.ts";

type Request = RequestOf<"Fetch">;
export type AskedTopics = Request["topics"];
export type ToldTopics = ResponseOf<"Fetch">["responses"];

/** A session used within this time, and one younger than it, keeps its slot (KIP-227). */
const evictionMs = 120_000;
const initialEpoch = 0;
const lastEpoch = 0x7fffffff;

/** What one request asks for in whole, and what its answer says of it. */
export interface FetchScope {
  readonly topics: AskedTopics;
  /** Call once, with the result for every partition of `topics`. */
  answer(told: ToldTopics, nowMs: number): { sessionId: number; responses: ToldTopics };
}

export class FetchSessions {
  readonly #slots: number;
  readonly #random: Random;
  /** The least recently used first. */
  readonly #sessions = new Map<number, FetchSession>();
  #partitions = 0;

  constructor(options: { slots: number; random: Random }) {
    this.#slots = options.slots;
    this.#random = options.random;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Partitions of all sessions. */
  get partitions(): number {
    return this.#partitions;
  }

  /** Answers the name of the error when the session cannot go on; the client then begins a new one. */
  open(request: Request, usesTopicIds: boolean, nowMs: number): FetchScope | ErrorName {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === initialEpoch || sessionEpoch < 0) {
      this.#remove(sessionId);
      return sessionEpoch < 0 ? sessionless(request.topics) : this.#full(request.topics, usesTopicIds);
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return "FETCH_SESSION_ID_NOT_FOUND";
    if (session.epoch !== sessionEpoch) return "INVALID_FETCH_SESSION_EPOCH";
    if (session.usesTopicIds !== usesTopicIds) return "FETCH_SESSION_TOPIC_ID_ERROR";
    return this.#incremental(sessionId, session, request, nowMs);
  }

  #full(topics: AskedTopics, usesTopicIds: boolean): FetchScope {
    return {
      topics,
      answer: (told, nowMs) => ({
        sessionId: this.#create(topics, told, usesTopicIds, nowMs),
        responses: told,
      }),
    };
  }

  #incremental(id: number, session: FetchSession, request: Request, nowMs: number): FetchScope | ErrorName {
    this.#partitions -= session.size;
    session.update(request.topics, request.forgottenTopicsData);
    this.#partitions += session.size;
    if (session.size === 0) {
      this.#remove(id);
      return sessionless([]);
    }
    if (this.#partitions > limits.fetchSessionPartitionsMax) {
      // The client asks for everything anew, and is then served without a session.
      this.#remove(id);
      return "FETCH_SESSION_ID_NOT_FOUND";
    }
    session.epoch = session.epoch === lastEpoch ? 1 : session.epoch + 1;
    session.usedMs = nowMs;
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    return {
      topics: session.topics(),
      answer: (told) => ({ sessionId: id, responses: session.changed(told) }),
    };
  }

  /** The id of a new session; 0 when there is no room for it. */
  #create(topics: AskedTopics, told: ToldTopics, usesTopicIds: boolean, nowMs: number): number {
    const session = new FetchSession(usesTopicIds, nowMs);
    session.update(topics, []);
    if (session.size === 0 || !this.#makeRoom(session.size, nowMs)) return 0;
    session.changed(told);
    const id = this.#freshId();
    this.#sessions.set(id, session);
    this.#partitions += session.size;
    return id;
  }

  #makeRoom(size: number, nowMs: number): boolean {
    if (this.#slots === 0) return false;
    if (this.#sessions.size >= this.#slots) {
      const id = this.#evictable(size, nowMs);
      if (id === null) return false;
      this.#remove(id);
    }
    return this.#partitions + size <= limits.fetchSessionPartitionsMax;
  }

  /** One that was not used for long; else the smallest of the old ones, if it is smaller than the new one. */
  #evictable(size: number, nowMs: number): number | null {
    let smallest: number | null = null;
    let smallestSize = size;
    for (const [id, session] of this.#sessions) {
      if (nowMs - session.usedMs > evictionMs) return id;
      if (nowMs - session.createdMs <= evictionMs || session.size >= smallestSize) continue;
      smallest = id;
      smallestSize = session.size;
    }
    return smallest;
  }

  /** Random, so that a client of an earlier life of this broker finds no session of somebody else's. */
  #freshId(): number {
    for (;;) {
      const id = 1 + Math.floor(this.#random.float() * (lastEpoch - 1));
      if (!this.#sessions.has(id)) return id;
    }
  }

  #remove(id: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    this.#partitions -= session.size;
  }
}

function sessionless(topics: AskedTopics): FetchScope {
  return { topics, answer: (told) => ({ sessionId: 0, responses: told }) };
}

/** An answer that only says what is wrong with the session. */
export function sessionRefusal(error: ErrorName): ResponseOf<"Fetch"> {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode[error],
    sessionId: 0,
    responses: [],
    nodeEndpoints: [],
  };
}
