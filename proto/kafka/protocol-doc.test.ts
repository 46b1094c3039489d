// test: the page about the protocol says what the brokers offer.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { protocolDoc } from "./protocol-doc.ts";

it("docs/PROTOCOL.md is what scripts/generate-protocol-doc.ts would write", () => {
  const checkedIn = readFileSync(new URL("../../docs/PROTOCOL.md", import.meta.url), "utf8");
  expect(checkedIn === protocolDoc(), "run scripts/generate-protocol-doc.ts").toBe(true);
  expect(checkedIn).toContain("| 0 | Produce | 0-11 | 9+ | versions 0-2 are refused [1] |");
});
