import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder, lacking, onPath, tool } from "../../src/servers/tools.ts";
import { accepted } from "./accepted.ts";
import { testData } from "./needs.ts";

const run = promisify(execFile);

const packageVersion = "1.37.0";
const kubernetes = "1.34.0";
const folder = (): string => join(cacheFolder(), `kubernetes-schemas-${kubernetes}-${packageVersion}`);

/** Why `invalidObjects` is bound to fail, or undefined. */
export function lackingKubeconform(): string | undefined {
  return lacking("kubeconform") ?? lackingSchemas() ?? (testData() ? undefined : "FLEETGLASS_TEST_DATA is not set");
}

/** What Kubernetes, or a custom resource's definition, would not take of the objects in files. */
export async function invalidObjects(files: readonly string[]): Promise<string> {
  return accepted(await tool("kubeconform"), [
    "-strict",
    "-schema-location",
    `${await kubernetesSchemas()}/{{.ResourceKind}}{{.KindSuffix}}.json`,
    "-schema-location",
    `${testData()}/crds/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`,
    ...files,
  ]);
}

function lackingSchemas(): string | undefined {
  if (existsSync(folder()) || (onPath("python3") !== undefined && onPath("pip3") !== undefined)) return undefined;
  return "neither Kubernetes' schemas in the cache nor python3 and pip3 to fetch them: install python3-pip";
}

/** Kubernetes' JSON schemas, strict, in a folder: those of the Python package kubernetes-validate, fetched once. */
async function kubernetesSchemas(): Promise<string> {
  if (existsSync(folder())) return folder();
  const work = await mkdtemp(join(tmpdir(), "fleetglass-schemas-"));
  await run("pip3", ["download", "--quiet", "--no-deps", "--dest", work, `kubernetes-validate==${packageVersion}`]);
  const wheel = (await readdir(work)).find((file) => file.endsWith(".whl")) ?? "";
  await run("python3", ["-m", "zipfile", "-e", join(work, wheel), work], { maxBuffer: Infinity });
  const from = join(work, "kubernetes_validate", "kubernetes-json-schema", `v${kubernetes}-local-strict`);
  const draft = join(work, "schemas");
  await mkdir(draft);
  for (const file of await readdir(from)) {
    const schema = JSON.parse(await readFile(join(from, file), "utf8")) as Record<string, unknown>;
    // They name each other as pages of a site.
    delete schema["$id"];
    await writeFile(
      join(draft, file),
      JSON.stringify(schema).replaceAll("/api/_definitions.json", "_definitions.json"),
    );
  }
  await mkdir(cacheFolder(), { recursive: true });
  await rename(draft, folder());
  return folder();
}
