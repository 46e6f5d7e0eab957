import { main } from "../src/cli/program.ts";

// `npm publish` runs a script of this name as part of its life cycle; publishing the package must not publish dashboards.
if (process.env["npm_command"] === "publish") {
  process.stderr.write("npm publish: dashboards are published by `npm run publish`\n");
} else {
  process.exitCode = await main(["publish", ...process.argv.slice(2)], {
    print: (text) => process.stdout.write(`${text}\n`),
    tell: (text) => process.stderr.write(`${text}\n`),
    environment: process.env,
  });
}
