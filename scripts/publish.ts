import { main } from "../src/cli/program.ts";
import { terminal } from "../src/cli/terminal.ts";

// `npm publish` runs a script of this name as part of its life cycle; publishing the package must not publish dashboards.
if (process.env["npm_command"] === "publish") {
  terminal.tell("npm publish: dashboards are published by `npm run publish`");
} else {
  process.exitCode = await main(["publish", ...process.argv.slice(2)], terminal);
}
