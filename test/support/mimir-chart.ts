import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, parseAllDocuments, stringify } from "yaml";
import { tool } from "../../src/servers/tools.ts";

const run = promisify(execFile);

/** As much of a rendered object as tests look at. */
interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

export interface RenderedChart {
  readonly text: string;
  readonly objects: readonly Rendered[];
  /** The text of a file in a ConfigMap. */
  readonly file: (name: string) => string;
}

/** Mimir's chart, which lies in Mimir's Go module, rendered by Helm with values of ours. */
export async function renderMimir(values: unknown): Promise<RenderedChart> {
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-mimir-chart-"));
  try {
    const chart = join(folder, "mimir-distributed");
    const { stdout: home } = await run("go", ["list", "-m", "-f", "{{.Dir}}", "github.com/grafana/mimir"], {
      cwd: "tools/mimir",
    });
    const source = join(home.trim(), "operations/helm/charts/mimir-distributed");
    await cp(source, chart, {
      recursive: true,
      filter: (path) => !/mixins|Chart\.lock$/u.test(path) || path === source,
    });
    await run("chmod", ["-R", "u+w", chart]);
    // Charts that it brings along and the module does not: of them only the operator of rollouts is on.
    const about = parse(await readFile(join(chart, "Chart.yaml"), "utf8")) as object;
    await writeFile(join(chart, "Chart.yaml"), stringify({ ...about, dependencies: [] }));
    const file = join(folder, "values.yaml");
    await writeFile(file, stringify(values));
    const args = ["template", "mimir", chart, "--namespace", "mimir", "--kube-version", "1.34.0", "--values", file];
    const { stdout } = await run(await tool("helm"), args, { maxBuffer: Infinity });
    const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Rendered);
    return {
      text: stdout,
      objects,
      file: (name) => objects.find(({ data }) => data?.[name] !== undefined)?.data?.[name] ?? "",
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
