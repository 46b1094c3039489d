// Failures take a second or two to be noticed: more than vitest's own 5 s allow for on a busy machine.
import { defineConfig } from "vitest/config";

export default defineConfig({ test: { testTimeout: 30_000 } });
