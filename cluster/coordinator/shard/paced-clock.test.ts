// test: the time of sessions: it stands still while the process does, and costs nothing while nobody waits.
import { afterEach, describe, expect, it } from "vitest";
import { ErrorCode } from "../../../proto/errors.ts";
import { GroupStage, settle, TurnClock } from "../../../test/coordinator/group-stage.ts";
import { PacedClock, tickMs } from "./paced-clock.ts";

describe("the paced clock", () => {
  it("goes as the clock goes while it ticks, and never back", () => {
    const clock = new TurnClock();
    let ticks = 0;
    const paced = new PacedClock(clock, () => ticks++);
    paced.run();
    let last = paced.nowMs;
    for (let at = 0; at < 100; at++) {
      clock.advance(tickMs / 2);
      expect(paced.nowMs).toBeGreaterThanOrEqual(last);
      last = paced.nowMs;
    }
    expect([last, ticks]).toEqual([50 * tickMs, 50]);
    paced.stop();
  });

  it("counts at most two ticks for an hour in which the process stood still", () => {
    const clock = new TurnClock();
    const paced = new PacedClock(clock, () => {});
    paced.run();
    clock.now += 3_600_000;
    expect(paced.nowMs).toBe(2 * tickMs);
    clock.advance(0);
    expect(paced.nowMs).toBe(2 * tickMs);
    paced.stop();
  });

  it("does not tick once it was stopped, and begins again where it was", () => {
    const clock = new TurnClock();
    let ticks = 0;
    const paced = new PacedClock(clock, () => ticks++);
    paced.run();
    paced.run();
    clock.advance(tickMs);
    paced.stop();
    for (let at = 0; at < 100; at++) clock.advance(tickMs);
    expect(ticks).toBe(1);
    expect(clock.timers.filter(({ cancelled }) => !cancelled)).toEqual([]);
    const before = paced.nowMs;
    paced.run();
    expect(paced.nowMs).toBe(before);
    clock.advance(tickMs);
    expect([paced.nowMs, ticks]).toEqual([before + tickMs, 2]);
    paced.stop();
  });
});

describe("sessions", () => {
  let stage: GroupStage;
  afterEach(() => stage.stop());
  const ticking = (): number => stage.clock.timers.filter(({ cancelled }) => !cancelled).length;

  it("a process that stood still expires nobody whose heartbeats wait in its sockets", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { sessionMs: 6_000 });
    stage.clock.now += 600_000;
    await stage.pass(100);
    expect(stage.heartbeat(member!)).toBe(ErrorCode.NONE);
    await stage.pass(5_900);
    expect(stage.heartbeat(member!)).toBe(ErrorCode.NONE);
    await stage.pass(6_100);
    expect(stage.state()).toBe("empty");
  });

  it("nothing ticks for a broker without members: no group, only offsets, or only empty groups", async () => {
    stage = await GroupStage.start();
    // One timer is of the rounds of expiry.
    expect(ticking()).toBe(1);
    await stage.commit({}, 5);
    expect(ticking()).toBe(1);
    const [member] = await stage.stable();
    expect(ticking()).toBe(2);
    stage.leave(member!.memberId);
    // What was planned for the member is looked at once more, and then there is no more to wait for.
    await stage.pass(60_000);
    await settle();
    expect(ticking()).toBe(1);
  });
});
