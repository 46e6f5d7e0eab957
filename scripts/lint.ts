import { main } from "../src/cli/program.ts";
import { terminal } from "../src/cli/terminal.ts";

process.exitCode = await main(["lint", ...process.argv.slice(2)], terminal);
