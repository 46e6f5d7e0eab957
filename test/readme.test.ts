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

async function example(language: "yaml" | "ts"): Promise<string> {
  const readme = await readFile("README.md", "utf8");
  const found = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "su").exec(readme)?.[1];
  if (found === undefined) throw new Error(`README.md has no ${language} example`);
  return found;
}

test("the fleet in the README is one, and lints clean", async () => {
  const file = join(folder, "fleet.yaml");
  await writeFile(file, await example("yaml"));
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
