import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{base,proto,cluster,services,client,testing,cli,bench,test}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
