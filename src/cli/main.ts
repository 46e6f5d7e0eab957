#!/usr/bin/env node
import { tuneEngine } from "./engine.ts";
import { main } from "./program.ts";
import { terminal } from "./terminal.ts";

const argv = process.argv.slice(2);
tuneEngine(argv[0]);
// Until it has said how it ended, it has not ended well.
process.exitCode = 1;
void main(argv, terminal).then((code) => {
  process.exitCode = code;
});
