// test: the client's end of a fetch session by itself: what each request says, and what each answer makes of
// the next one.
import { describe, expect, it } from "vitest";
import { zeroUuid } from "../../base/uuid.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type { FetchResponse } from "../../proto/kafka/generated/messages.ts";
import { epochAfter, FetchSession, type WantedPartition } from "./fetch-session.ts";

const idOf = (topic: string): string => `${topic.repeat(21)}Q`;

/** "t0@5" is offset 5 of partition 0 of the topic t. */
function want(...places: string[]): WantedPartition[] {
  return places.map((place) => {
    const [, topic, partition, offset] = /^([a-z])(\d+)@(\d+)$/.exec(place)!;
    const numbers = { partition: Number(partition), fetchOffset: Number(offset) };
    const rest = { currentLeaderEpoch: 3, partitionMaxBytes: 100 };
    return { topic: topic!, topicId: idOf(topic!), ...numbers, ...rest };
  });
}

function told(sessionId: number, ...places: string[]): Pick<FetchResponse, "sessionId" | "responses"> {
  const responses = places.map((place) => ({
    topic: "",
    topicId: idOf(place[0]!),
    partitions: [{ partitionIndex: Number(place.slice(1)), errorCode: 0 }],
  }));
  return { sessionId, responses } as unknown as FetchResponse;
}

/** What a request says, shortly. */
function said(request: ReturnType<FetchSession["request"]>): string {
  const asked = request.topics.flatMap(({ topic, partitions }) =>
    partitions!.map(({ partition, fetchOffset }) => `${topic}${partition}@${fetchOffset}`),
  );
  const gone = request.forgottenTopicsData.flatMap(({ topic, partitions }) =>
    partitions!.map((partition) => `-${topic}${partition}`),
  );
  return [`${request.sessionId}/${request.sessionEpoch}`, ...asked, ...gone].join(" ");
}

/** A session with the id 7 that reads t0, t1 and u0. */
function opened(): FetchSession {
  const session = new FetchSession();
  expect(said(session.request(want("t0@0", "u0@0", "t1@0"), 17))).toBe("0/0 t0@0 t1@0 u0@0");
  expect(session.answered(told(7, "t0", "t1", "u0"))).not.toBe(null);
  return session;
}

describe("a fetch session of the client", () => {
  it("asks for all once, then for what changed", () => {
    const session = opened();
    const next = (...places: string[]): string => {
      const request = said(session.request(want(...places), 17));
      expect(session.answered(told(7))).not.toBe(null);
      return request;
    };
    expect(next("t0@0", "t1@0", "u0@0")).toBe("7/1");
    expect(next("u0@0", "t1@9", "t0@0")).toBe("7/2 t1@9");
    expect(next("t1@9", "t2@4")).toBe("7/3 t2@4 -u0 -t0");
    expect(next("t1@9", "t2@4", "u0@0")).toBe("7/4 u0@0");
    expect(next()).toBe("7/5 -t1 -t2 -u0");
  });

  it.each([
    ["the offset", { fetchOffset: 1 }],
    ["the leader epoch", { currentLeaderEpoch: 4 }],
    ["the bytes", { partitionMaxBytes: 99 }],
  ])("tells when %s changed", (_, change) => {
    const session = opened();
    const [first, ...rest] = want("t0@0", "t1@0", "u0@0");
    const { topics } = session.request([{ ...first!, ...change }, ...rest], 17);
    expect(topics.map(({ partitions }) => partitions)).toEqual([[expect.objectContaining(change)]]);
  });

  it("forgets a topic that was made anew, and asks for the new one", () => {
    const session = opened();
    const [first, ...rest] = want("t0@0", "t1@0", "u0@0");
    const topicId = idOf("n");
    const wanted = [{ ...first!, topicId }, ...rest.filter(({ topic }) => topic === "u")];
    const request = session.request(wanted, 17);
    expect(said(request)).toBe("7/1 t0@0 -t0 -t1");
    expect(request.topics[0]!.topicId).toBe(topicId);
    expect(request.forgottenTopicsData[0]!.topicId).toBe(idOf("t"));
    expect(session.answered(told(7, "t0")), "the old topic").toBe(null);
  });

  it("takes silence for no news, but not in the answer to everything", () => {
    const session = opened();
    session.request(want("t0@0", "t1@0"), 17);
    const news = session.answered(told(7, "t1"))!;
    expect(news.of("t", 0)).toBe("unchanged");
    expect(news.of("t", 1)).toMatchObject({ partitionIndex: 1 });

    const fresh = new FetchSession();
    fresh.request(want("t0@0", "t1@0"), 17);
    expect(fresh.answered(told(8, "t1"))!.of("t", 0)).toBe("missing");
    expect(said(fresh.request(want("t0@0"), 17)), "nobody knows what the session reads").toBe("8/0 t0@0");
  });

  it("reads a topic that comes in several pieces", () => {
    const session = new FetchSession();
    session.request(want("t0@0", "t1@0", "u0@0"), 17);
    const news = session.answered(told(7, "t0", "u0", "t1"))!;
    expect([news.of("t", 0), news.of("t", 1)].map((one) => typeof one)).toEqual(["object", "object"]);
    expect(session.position).toEqual({ id: 7, epoch: 1 });
  });

  it("does without where the broker gives none", () => {
    const session = new FetchSession();
    session.request(want("t0@0"), 17);
    session.answered(told(0, "t0"));
    expect(said(session.request(want("t0@0"), 17))).toBe("0/0 t0@0");
  });

  it("begins anew when the broker ends the session", () => {
    const session = opened();
    session.request(want("t0@0"), 17);
    expect(session.answered(told(0))!.of("t", 0)).toBe("unchanged");
    expect(said(session.request(want("t0@0"), 17))).toBe("0/0 t0@0");
  });

  it.each([
    ["FETCH_SESSION_ID_NOT_FOUND", "0/0", true],
    ["INVALID_FETCH_SESSION_EPOCH", "7/0", true],
    ["FETCH_SESSION_TOPIC_ID_ERROR", "7/0", true],
    ["UNKNOWN_SERVER_ERROR", "7/0", false],
  ] as const)("after %s goes on with %s", (name, place, isAtOnce) => {
    const session = opened();
    session.request(want("t0@1"), 17);
    expect(session.refused(ErrorCode[name])).toBe(isAtOnce);
    expect(said(session.request(want("t0@1"), 17))).toBe(`${place} t0@1`);
    expect(session.refused(ErrorCode[name]), "everything was asked for already").toBe(false);
  });

  it("begins anew after a request that may be lost, and after an answer to something else", () => {
    const session = opened();
    session.request(want("t0@0"), 17);
    session.failed();
    expect(said(session.request(want("t0@0"), 17))).toBe("7/0 t0@0");
    expect(session.answered(told(8, "t0", "u0")), "u was not asked for").toBe(null);
    expect(said(session.request(want("t0@0"), 17))).toBe("7/0 t0@0");
    expect(session.answered(told(9, "t0"))).not.toBe(null);
    session.request(want("t0@0"), 17);
    session.answered(told(10));
    expect(said(session.request(want("t0@0"), 17)), "that is another session").toBe("10/0 t0@0");
  });

  it("begins anew when topics go by name from now on, or by id", () => {
    const session = opened();
    expect(said(session.request(want("t0@0"), 12))).toBe("7/0 t0@0");
    const { responses } = told(8, "t0");
    session.answered({ sessionId: 8, responses: [{ ...responses[0]!, topic: "t", topicId: zeroUuid }] });
    expect(said(session.request(want("t0@1"), 12))).toBe("8/1 t0@1");
    session.answered({ sessionId: 8, responses: [] });
    expect(said(session.request(want("t0@1"), 13))).toBe("8/0 t0@1");
  });

  it("asks a broker without sessions for everything each time", () => {
    const session = opened();
    for (let n = 0; n < 3; n++) {
      expect(session.request(want("t0@0"), 6)).toMatchObject({ sessionEpoch: 0, topics: [{ topic: "t" }] });
      const [response] = told(0, "t0").responses;
      session.answered({ sessionId: 0, responses: [{ ...response!, topic: "t" }] });
    }
  });

  it("goes from the last epoch to the first", () => {
    expect([1, 0x7ffffffe, 0x7fffffff].map(epochAfter)).toEqual([2, 0x7fffffff, 1]);
  });

  it("ends once", () => {
    const session = opened();
    expect(said(session.close()!)).toBe("7/-1");
    expect(session.close()).toBe(null);
    expect(new FetchSession().close()).toBe(null);
  });
});
