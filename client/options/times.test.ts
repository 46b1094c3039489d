// test: points in time in every spelling.
import { expect, it } from "vitest";
import { timeOf } from "./times.ts";

const noon = Date.UTC(2026, 0, 31, 12);

it("reads times as people write them, without a zone as UTC", () => {
  const same = [
    "2026-01-31T12:00:00Z",
    "2026-01-31T12:00",
    "2026-01-31 12:00:00.000",
    "2026-01-31T14:00+02:00",
  ];
  for (const text of [...same, "2026-01-31T06:30:00-0530", "2026-01-31T11:00-01", "2026-01-31t12:00z"])
    expect([text, timeOf(text)]).toEqual([text, noon]);
  expect(timeOf("2026-01-31")).toBe(Date.UTC(2026, 0, 31));
  expect(timeOf("2026-01-31T12:00:00,250Z")).toBe(noon + 250);
  expect(timeOf(String(noon))).toBe(noon);
  expect(timeOf(new Date(noon))).toBe(noon);
  expect(timeOf(0)).toBe(0);
});

it("takes nothing else for a time", () => {
  const wrong = ["", "now", "12:00", "2026-13-01", "2026-02-30", "2026-01-31T25:00", "March 7", "1e3", "-5"];
  for (const given of [...wrong, -1, 1.5, Number.NaN, new Date("x"), null, undefined, {}, "9".repeat(30)])
    expect([given, timeOf(given)]).toEqual([given, null]);
});
