// The preview has packages of its own, large ones, which nobody needs to publish boards: they are installed when it is used.
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const installed = "preview/node_modules/.package-lock.json";
const wanted = "preview/package-lock.json";

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  process.stderr.write("installing the preview's packages, once\n");
  execFileSync("npm", ["ci", "--prefix", "preview", "--no-audit", "--no-fund"], { stdio: ["ignore", 2, 2] });
}
