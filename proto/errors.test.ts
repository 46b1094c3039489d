// test: the error table is whole.
import { expect, it } from "vitest";
import { BrokerError, ErrorCode, type ErrorName, errorInfo, errorName } from "./errors.ts";

it("has every code from -1 to 128 once, each with its name and help", () => {
  const codes = Object.values(ErrorCode).sort((one, other) => one - other);
  expect(codes).toEqual(Array.from({ length: 130 }, (_, index) => index - 1));
  for (const [name, code] of Object.entries(ErrorCode)) {
    expect(errorName(code)).toBe(name);
    expect(errorInfo(code).help).toMatch(/^\w.+\.$/);
  }
});

it("says which are retriable as Kafka does", () => {
  const retriable = (name: ErrorName) => errorInfo(ErrorCode[name]).retriable;
  for (const name of ["NOT_LEADER_OR_FOLLOWER", "CORRUPT_MESSAGE", "NOT_ENOUGH_REPLICAS"] as const) {
    expect(retriable(name)).toBe(true);
  }
  for (const name of ["NONE", "UNKNOWN_SERVER_ERROR", "INVALID_RECORD", "PRODUCER_FENCED"] as const) {
    expect(retriable(name)).toBe(false);
  }
});

it("takes codes that it does not know for an unknown error", () => {
  expect(errorName(999)).toBe("UNKNOWN_SERVER_ERROR");
  expect(BrokerError.fromCode(999).message).toContain("999");
  expect(BrokerError.fromCode(3)).toMatchObject({ code: 3, errorName: "UNKNOWN_TOPIC_OR_PARTITION" });
  expect(new BrokerError("INVALID_CONFIG", "no").message).toBe("no");
});
