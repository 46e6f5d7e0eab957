import { availableParallelism } from "node:os";

// What the commands print is compared as text, whatever terminal runs the tests.
process.env.NO_COLOR = "1";

export default {
  // Real servers on a busy machine of two cores.
  testTimeout: 30_000,
  // By itself jest starts one on two cores, and leaves the other idle.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "es6" }, sourceMaps: "inline" },
    ],
  },
};
