import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export type Tool =
  | "alertmanager"
  | "amtool"
  | "helm"
  | "kubeconform"
  | "kustomize"
  | "loki"
  | "mimir"
  | "mimirtool"
  | "otelcol"
  | "prometheus"
  | "promtool"
  | "terraform-model"
  | "tofu";

interface Recipe {
  /** Folder in tools/ whose go.mod pins the version. */
  readonly module: string;
  readonly pkg: string;
  readonly cpuMinutes: number;
  /** Build tags that leave out what no test needs. */
  readonly tags?: string;
  /** A file that it embeds and that its module does not hold, made by a build of its own: the page of a server that nobody looks at. */
  readonly embeds?: string;
  /** The release nearest to what the module pins, for machines that have a container engine and no Go. */
  readonly image?: string;
  /** Code of ours in the folder, a change of which builds anew. */
  readonly code?: string;
}

const recipes: Readonly<Record<Tool, Recipe>> = {
  alertmanager: {
    module: "alertmanager",
    pkg: "github.com/prometheus/alertmanager/cmd/alertmanager",
    cpuMinutes: 2,
    embeds: "ui/app/dist/index.html",
  },
  amtool: { module: "alertmanager", pkg: "github.com/prometheus/alertmanager/cmd/amtool", cpuMinutes: 2 },
  helm: { module: "helm", pkg: "helm.sh/helm/v4/cmd/helm", cpuMinutes: 8 },
  kubeconform: { module: "kubeconform", pkg: "github.com/yannh/kubeconform/cmd/kubeconform", cpuMinutes: 1 },
  kustomize: { module: "kustomize", pkg: "sigs.k8s.io/kustomize/kustomize/v5", cpuMinutes: 1 },
  loki: { module: "loki", pkg: "github.com/grafana/loki/v3/cmd/loki", cpuMinutes: 10, image: "grafana/loki:3.7.8" },
  mimir: { module: "mimir", pkg: "github.com/grafana/mimir/cmd/mimir", cpuMinutes: 10, image: "grafana/mimir:3.0.0" },
  mimirtool: { module: "mimir", pkg: "github.com/grafana/mimir/cmd/mimirtool", cpuMinutes: 10 },
  // The Collector is assembled of its components: its main package is in the folder.
  otelcol: { module: "otelcol", pkg: ".", cpuMinutes: 8, tags: "remove_all_sd,enable_kubernetes_sd" },
  // Without the cloud providers' service discoveries, which are most of its code.
  prometheus: {
    module: "prometheus",
    pkg: "github.com/prometheus/prometheus/cmd/prometheus",
    cpuMinutes: 2,
    tags: "remove_all_sd,enable_kubernetes_sd",
  },
  promtool: { module: "prometheus", pkg: "github.com/prometheus/prometheus/cmd/promtool", cpuMinutes: 2 },
  // A provider whose schema is our model of Azure's and Helm's.
  "terraform-model": { module: "terraform-model", pkg: ".", cpuMinutes: 1, code: "main.go" },
  tofu: { module: "opentofu", pkg: "github.com/opentofu/opentofu/cmd/tofu", cpuMinutes: 7 },
};

export const tools: readonly Tool[] = [
  "alertmanager",
  "amtool",
  "helm",
  "kubeconform",
  "kustomize",
  "loki",
  "mimir",
  "mimirtool",
  "otelcol",
  "prometheus",
  "promtool",
  "terraform-model",
  "tofu",
];

const modules = fileURLToPath(new URL("../../tools/", import.meta.url));
const run = promisify(execFile);

/** Path of the executable: from PATH, else from the cache, else built into the cache. */
export async function tool(name: Tool): Promise<string> {
  return find(name) ?? (await build(name));
}

/** Why `tool(name)` is bound to fail, or undefined if it is worth a try. Quick: builds nothing. */
export function lacking(name: Tool): string | undefined {
  if (find(name) !== undefined || onPath("go") !== undefined) {
    return undefined;
  }
  return `${name} is neither on PATH nor in ${folder(name)}, and there is no go to build it: install Go${imageOf(name) === undefined ? "" : ", Docker, Podman"} or ${name}`;
}

/** The container image of a server. */
export function imageOf(name: Tool): string | undefined {
  return recipes[name].image;
}

/** Can it run right now, without minutes of building? */
export function isBuilt(name: Tool): boolean {
  return find(name) !== undefined;
}

async function build(name: Tool): Promise<string> {
  const reason = lacking(name);
  if (reason !== undefined) {
    throw new Error(reason);
  }
  const { module, cpuMinutes, tags } = recipes[name];
  const built = join(folder(name), name);
  // Renamed when whole, so that another process sees all of it or nothing, and the last of two builders wins.
  const draft = `${built}.${randomUUID()}`;
  process.stderr.write(`building ${name} from tools/${module}, about ${cpuMinutes} CPU minutes, once\n`);
  try {
    await mkdir(folder(name), { recursive: true });
    await sourceOf(recipes[name], async ({ cwd, pkg }) => {
      const argv = ["build", "-buildvcs=false", ...(tags === undefined ? [] : ["-tags", tags]), "-o", draft, pkg];
      await run("go", argv, { cwd, maxBuffer: Infinity });
    });
    await rename(draft, built);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new Error(`cannot build ${name} from tools/${module}: ${cause instanceof Error ? cause.message : ""}`, {
      cause,
    });
  }
  return built;
}

/** Where to build: in our module, which pins versions; in a copy of the tool's own where a file has to be added to it. */
async function sourceOf(
  { module, pkg, embeds }: Recipe,
  build: (source: { readonly cwd: string; readonly pkg: string }) => Promise<void>,
): Promise<void> {
  const ours = join(modules, module);
  if (embeds === undefined) return build({ cwd: ours, pkg });
  const root = pkg.split("/").slice(0, 3).join("/");
  await run("go", ["mod", "download", root], { cwd: ours });
  const { stdout } = await run("go", ["list", "-m", "-f", "{{.Dir}}", root], { cwd: ours });
  const copy = await mkdtemp(join(tmpdir(), `fleetglass-${module}-`));
  try {
    // Modules in Go's cache are read-only, and so would be their copies.
    await cp(stdout.trim(), copy, { recursive: true });
    await run("chmod", ["-R", "u+w", copy]);
    await mkdir(join(copy, dirname(embeds)), { recursive: true });
    await writeFile(join(copy, embeds), "");
    await build({ cwd: copy, pkg: `.${pkg.slice(root.length)}` });
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

function find(name: Tool): string | undefined {
  const built = join(folder(name), name);
  return onPath(name) ?? (executable(built) ? built : undefined);
}

/** Where what was built once is kept. */
export function cacheFolder(): string {
  return process.env["FLEETGLASS_TOOLS"] ?? join(homedir(), ".cache", "fleetglass", "tools");
}

function folder(name: Tool): string {
  const { module, code } = recipes[name];
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", ...(code === undefined ? [] : [code])]) {
    hash.update(readFileSync(join(modules, module, file)));
  }
  return join(cacheFolder(), `${module}-${hash.digest("hex").slice(0, 12)}`);
}

/** Where PATH has an executable of this name. */
export function onPath(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => entry !== "");
  return folders.map((entry) => join(entry, name)).find(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
