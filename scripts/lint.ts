import { main } from "../src/cli/program.ts";

process.exitCode = await main(["lint", ...process.argv.slice(2)], {
  print: (text) => process.stdout.write(`${text}\n`),
  tell: (text) => process.stderr.write(`${text}\n`),
  environment: process.env,
});
