// test: the checked-in types are those of the tables.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { apiByKey, apis } from "./apis.ts";
import { typesText } from "./types-text.ts";

it("generated/messages.ts is what scripts/generate-kafka-types.ts would write", () => {
  const checkedIn = readFileSync(new URL("generated/messages.ts", import.meta.url), "utf8");
  expect(checkedIn === typesText(), "run scripts/generate-kafka-types.ts").toBe(true);
});

it("each API is found by its key, and its two messages have the same versions", () => {
  for (const [name, api] of Object.entries(apis)) {
    expect(api.name).toBe(name);
    expect(apiByKey(api.key)).toBe(api);
    expect(api.request.versions).toEqual(api.response.versions);
    expect(api.request.flexibleFrom).toBe(api.response.flexibleFrom);
  }
  expect(apiByKey(9999)).toBe(null);
});
