import { execFile } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const preview = fileURLToPath(new URL("..", import.meta.url));
const built = join(preview, "dist");

/** Folder of the built page; builds it, some 20 s, when it is missing or older than its sources. */
export async function builtPage(): Promise<string> {
  const sources = ["page", "bundle.ts", "index.html", "package-lock.json", "vite.config.ts"];
  const page = statSync(join(built, "index.html"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (sources.some((source) => newest(join(preview, source)) > page)) {
    process.stderr.write("building the page\n");
    // In a process of its own: with the NODE_ENV of a test run, Grafana's packages would be built for tests.
    const vite = join(preview, "node_modules", "vite", "bin", "vite.js");
    const env = { ...process.env, NODE_ENV: "production" };
    await run(process.execPath, [vite, "build", "--logLevel", "warn"], { cwd: preview, env });
  }
  return built;
}

function newest(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) {
    return found.mtimeMs;
  }
  return Math.max(found.mtimeMs, ...readdirSync(path).map((entry) => newest(join(path, entry))));
}
