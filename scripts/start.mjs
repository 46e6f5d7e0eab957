#!/usr/bin/env node
// Runs the command, with what V8 made of it when the package was prepared. Another version of Node, or one with flags of its own,
// refuses that, and makes it anew.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { constants, Script } from "node:vm";

const filename = fileURLToPath(new URL("command.cjs", import.meta.url));
const compiled = `${filename}.v8`;

const script = new Script(readFileSync(filename, "utf8"), {
  filename,
  cachedData: existsSync(compiled) ? readFileSync(compiled) : undefined,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
if (process.env.FLEETGLASS_KEEP_COMPILED) {
  process.on("exit", () => {
    // It is taken only where the flags are those that it was made with: none, as above.
    setFlagsFromString("--turbo-inlining");
    writeFileSync(compiled, script.createCachedData());
  });
}
script.runInThisContext()(createRequire(filename), filename);
