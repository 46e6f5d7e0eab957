// Compiles src/ into dist/, also where npm installs straight from Git: `npm install -g git+…`, which pre-commit runs for a hook,
// prepares a clone whose own installation npm takes for a global one too, so that nothing is there to compile with.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

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
 * Makes one file of the command and what it always needs, and one of each part that it loads when asked: Node takes half a
 * second longer for eight hundred. The library beside it stays as it was compiled.
 */
async function bundleCommand() {
  const { build } = await import("esbuild");
  const { metafile, outputFiles } = await build({
    entryPoints: ["dist/cli/main.js"],
    outbase: "dist",
    outdir: "dist",
    // Beside the entry: what is found from there, such as tools/, is looked for two folders up.
    chunkNames: "cli/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // Brings a compiler of its own, as a file that it looks for.
    external: ["jiti"],
    // Comments are read each time that it starts.
    minifyWhitespace: true,
    // Packages that are no modules yet ask for Node's own in this way.
    banner: {
      js: 'import { createRequire as requireOf } from "node:module";\nconst require = requireOf(import.meta.url);',
    },
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  rmSync("dist/cli", { recursive: true });
  mkdirSync("dist/cli");
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  writeFileSync("dist/cli/LICENSES", licences(Object.keys(metafile.inputs)));
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
