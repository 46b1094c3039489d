// adapter: while a simulation runs, time, timers and entropy that do not come from its seed throw. The code
// under test must take them from its env. What was captured before (the scheduler, the test runner) goes on.
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";

type Restore = () => void;

const timerNames = ["setTimeout", "setInterval", "setImmediate"] as const;
const entropyNames = ["randomBytes", "randomInt", "randomUUID", "randomFill", "randomFillSync"] as const;

export class AmbientError extends Error {
  constructor(name: string) {
    super(`${name} was called while a simulation runs; time, timers and entropy should come from the env`);
    this.name = "AmbientError";
  }
}

/** Answers a function that puts everything back. */
export function forbidAmbient(): Restore {
  const restores: Restore[] = [forbidDate()];
  const forbid = (owner: object, ownerName: string, names: readonly string[]): void => {
    for (const name of names) restores.push(replace(owner, name, `${ownerName}${name}`));
  };
  forbid(Math, "Math.", ["random"]);
  forbid(performance, "performance.", ["now"]);
  forbid(process, "process.", ["hrtime"]);
  forbid(globalThis, "", timerNames);
  forbid(timers, "timers.", timerNames);
  forbid(timersPromises, "timers/promises.", timerNames);
  forbid(crypto, "crypto.", entropyNames);
  forbid(globalThis.crypto, "crypto.", ["getRandomValues", "randomUUID"]);
  syncBuiltinESMExports();
  return () => {
    for (const restore of restores.reverse()) restore();
    syncBuiltinESMExports();
  };
}

function replace(owner: object, name: string, shown: string): Restore {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  const forbidden = (): never => {
    throw new AmbientError(shown);
  };
  Object.assign(forbidden, { bigint: forbidden });
  Object.defineProperty(owner, name, { value: forbidden, configurable: true, writable: true });
  return () => {
    if (own === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, own);
  };
}

/** A Date made from a number or text stays allowed: it asks nobody for the time. */
function forbidDate(): Restore {
  const real = globalThis.Date;
  class TimelessDate extends real {
    constructor(...args: unknown[]) {
      if (args.length === 0) throw new AmbientError("new Date()");
      super(...(args as [number]));
    }

    static override now(): number {
      throw new AmbientError("Date.now");
    }
  }
  globalThis.Date = TimelessDate as DateConstructor;
  return () => {
    globalThis.Date = real;
  };
}
