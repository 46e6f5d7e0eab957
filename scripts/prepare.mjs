// Compiles src/ into dist/, also where npm installs straight from Git: `npm install -g git+…`, which pre-commit runs for a hook,
// prepares a clone whose own installation npm takes for a global one too, so that nothing is there to compile with.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

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
await bundleCommand();

/**
 * Makes one script of the command and of all that it needs, and keeps what V8 makes of it: Node takes half a second longer for
 * eight hundred files, and a tenth to read one anew. The library beside it stays as it was compiled.
 */
async function bundleCommand() {
  const { build } = await import("esbuild");
  const { metafile, outputFiles } = await build({
    entryPoints: ["dist/cli/main.js"],
    // Beside the entry: what is found from there, such as tools/, is looked for two folders up.
    outfile: "dist/cli/command.cjs",
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    // Brings a compiler of its own, as a file that it looks for.
    external: ["jiti"],
    define: { "import.meta.url": "fileUrl" },
    banner: { js: '(function(require,__filename){var fileUrl=require("node:url").pathToFileURL(__filename).href;' },
    footer: { js: "})" },
    minifyWhitespace: true,
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  rmSync("dist/cli", { recursive: true });
  mkdirSync("dist/cli");
  for (const { path, text } of outputFiles) writeFileSync(path, text.replaceAll(/[\u0080-\uFFFF]/gu, escaped));
  writeFileSync("dist/cli/LICENSES", licences(Object.keys(metafile.inputs)));
  copyFileSync("scripts/start.mjs", "dist/cli/main.js");
  chmodSync("dist/cli/main.js", 0o755);
  const folder = mkdtempSync(join(tmpdir(), "fleetglass-"));
  try {
    // Whatever it finds: without what is kept here the command only starts later.
    spawnSync(process.execPath, [resolve("dist/cli/main.js"), "publish", "--out", join(folder, "out")], {
      cwd: folder,
      env: { ...process.env, FLEETGLASS_KEEP_COMPILED: "1" },
      stdio: "ignore",
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One letter that is not ASCII doubles what the file takes; esbuild leaves those in regexes. */
function escaped(letter) {
  return `\\u${letter.codePointAt(0).toString(16).padStart(4, "0")}`;
}

/** What the authors of what is in a file want to stand beside it. */
function licences(files) {
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/u.exec(file) ?? []));
  const texts = [...folders].toSorted().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const own = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice|copying)/iu.test(file));
    const said = own.map((file) => readFileSync(`${folder}/${file}`, "utf8").trim());
    return [`${name} ${version} (${license})`, ...said].join("\n\n");
  });
  return `${texts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
