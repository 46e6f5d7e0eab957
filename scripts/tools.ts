// Builds every tool the tests need that is not here yet, so that CI can cache them before the tests start.
import { tool, tools } from "../src/servers/tools.ts";

for (const name of tools) {
  // One after the other: `go build` already uses every core, and the executables share packages.
  process.stdout.write(`${name} ${await tool(name)}\n`);
}
