import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fleetglass } from "../support/cli.ts";

const run = promisify(execFile);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-helm-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("without Flux a script installs everything in order, from files that are there", async () => {
  const out = join(folder, "helm");
  expect((await fleetglass(["build", "--helm", out])).code).toBe(0);
  // What it calls writes down how, and reads the files that it is given.
  const bin = join(folder, "bin");
  await mkdir(bin);
  const calls = join(folder, "calls");
  for (const program of ["helm", "kubectl"]) {
    const script = `#!/bin/sh
echo "${program} $*" >> ${calls}
for word; do
  case "$before" in -f | --values) cat "$word" > /dev/null || exit 1 ;; esac
  before=$word
done
`;
    await writeFile(join(bin, program), script);
    await chmod(join(bin, program), 0o755);
  }
  await run("sh", [join(out, "platform-core-ops-aks/install.sh")], { env: { PATH: `${bin}:${process.env["PATH"]}` } });
  const said = (await readFile(calls, "utf8")).trim().split("\n");
  const order = said.map((line) => line.split(" ").slice(0, 4).join(" "));
  expect(order.slice(0, 3)).toEqual([
    "kubectl apply -f manifests.yaml",
    "kubectl apply -f secrets.yaml",
    "helm upgrade --install mimir",
  ]);
  expect(order.indexOf("helm upgrade --install grafana")).toBeGreaterThan(order.indexOf("helm upgrade --install loki"));
  expect(order.at(-1)).toBe("helm upgrade --install promtail");
  expect(said.filter((line) => line.startsWith("helm"))).toHaveLength(order.length - 2);
}, 60_000);

test.each([
  { what: "no infrastructure", infrastructure: "", words: "asks for none" },
  { what: "boards by Flux", infrastructure: "infrastructure: { boards: flux }", words: "Flux brings the boards" },
])("a fleet with $what is refused", async ({ infrastructure, words }) => {
  const file = join(folder, "fleet.yaml");
  await writeFile(
    file,
    `name: one\nenvironments: [{ name: dev }]\nclusters: [{ name: a, environment: dev, region: r, type: ops }]\n${infrastructure}\n`,
  );
  const { code, errors } = await fleetglass(["build", "--helm", join(folder, "other"), "--fleet", file]);
  expect(code).toBe(64);
  expect(errors).toContain(words);
});
