import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { fleetglass } from "./support/cli.ts";

const run = promisify(execFile);

/** In the checkout, so that its packages are found from there. */
const folder = resolve("node_modules/.readme-test");
beforeAll(() => mkdir(folder, { recursive: true }));
afterAll(() => rm(folder, { recursive: true }));

async function example(language: "yaml" | "ts", page = "README.md"): Promise<string> {
  const found = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "su").exec(await readFile(page, "utf8"))?.[1];
  if (found === undefined) throw new Error(`${page} has no ${language} example`);
  return found;
}

test.each(["README.md", "docs/fleet.md"])("the fleet in %s is one, and lints clean", async (page) => {
  const file = join(folder, "fleet.yaml");
  await writeFile(file, await example("yaml", page));
  expect(await fleetglass(["lint", "--fleet", file])).toMatchObject({ code: 0, errors: "" });
});

test("the configuration in the README compiles and lints clean", async () => {
  const file = join(folder, "fleetglass.config.ts");
  await writeFile(file, await example("ts"));
  expect(await fleetglass(["lint", "--fleet", file])).toMatchObject({ code: 0, errors: "" });
  const tsconfig = {
    extends: resolve("tsconfig.check.json"),
    compilerOptions: { rootDir: resolve("."), paths: { fleetglass: [resolve("src/index.ts")] }, types: ["node"] },
    include: [file],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  await run("npx", ["tsc", "-p", join(folder, "tsconfig.json")]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout);
  });
}, 60_000);
