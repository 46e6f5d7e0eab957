// Compiles src/ into dist/, also where npm installs straight from Git: `npm install -g git+…`, which pre-commit runs for a hook,
// prepares a clone whose own installation npm takes for a global one too, so that nothing is there to compile with.
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";

const compiler = "node_modules/typescript/bin/tsc";

if (!existsSync(compiler)) {
  execFileSync("npm", ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"], {
    env: { ...process.env, npm_config_global: "false", npm_config_location: "project" },
    stdio: "inherit",
    shell: process.platform === "win32",
  });
}
// tsc never removes what it wrote for a deleted source file, and `npm pack` would ship it.
rmSync("dist", { recursive: true, force: true });
execFileSync(process.execPath, [compiler], { stdio: "inherit" });
