#!/usr/bin/env node
import { tuneEngine } from "./engine.ts";
import { main } from "./program.ts";
import { terminal } from "./terminal.ts";

const argv = process.argv.slice(2);
tuneEngine(argv[0]);
process.exitCode = await main(argv, terminal);
