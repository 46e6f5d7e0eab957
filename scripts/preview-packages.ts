// What `fleetglass preview` does when it is first used: its packages, and its page. For CI, before tests need them.
import { execFileSync } from "node:child_process";
import { installPreview } from "../src/cli/run-preview.ts";

installPreview((text) => process.stderr.write(`${text}\n`));
execFileSync("npm", ["run", "--silent", "build", "--prefix", "preview"], { stdio: ["ignore", 2, 2] });
