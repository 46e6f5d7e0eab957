import { bundle, namespaceOf, type Resource } from "../bundle.ts";
import { colours } from "./colours.ts";
import { type Ailment, type Health, healthOf } from "../doctor/ailment.ts";
import { examineGrafana } from "../doctor/grafana.ts";
import { examineMetrics } from "../doctor/metrics-server.ts";
import { boardUid } from "../dashboards/board.ts";
import { viewsOf } from "../datasources/views.ts";
import type { Project } from "../project.ts";
import { planFor } from "../publish/apply.ts";
import { subject } from "../publish/plan.ts";
import { http, ServerError } from "../publish/http.ts";
import { boardsOf, usageOf } from "../usage.ts";
import { managed } from "../bundle.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import { Misuse } from "./misuse.ts";
import type { CommonOptions, World } from "./run.ts";
import {
  type Destination,
  type Environment,
  type LiveGrafana,
  liveDestination,
  liveGrafanas,
  placesOf,
  queryPrefix,
  server,
  withoutAddress,
} from "./servers.ts";
import { many } from "./summary.ts";

/** `fleetglass doctor`: what on the live stack keeps boards empty or a publish from being done, each with its mend. */
export async function runDoctor({ fleet: file, json = false }: CommonOptions, world: World): Promise<ExitCode> {
  const { project } = await loadProject(file);
  const health = await examined(project, world.environment);
  if (json) world.print(JSON.stringify(health, null, 2));
  else world.print(healthText(health));
  return health.ailments.length > 0 ? exitCodes.failed : exitCodes.done;
}

async function examined(project: Project, environment: Environment): Promise<Health> {
  const { fleet } = project;
  const homes = placesOf(project).grafanas;
  const grafanas = liveGrafanas(homes, environment);
  const metrics = server(fleet.backends.metrics.title, "MIMIR", environment);
  if (grafanas.length === 0 && !metrics) throw new Misuse("doctor needs GRAFANA_URL or MIMIR_URL in the environment");
  const resources = bundle(project);
  const usage = usageOf(seenByMost(resources, project));
  const parts: Promise<Health>[] = [];
  if (metrics) {
    const client = http(metrics);
    parts.push(
      examineMetrics(fleet, {
        http: client,
        url: metrics.url,
        prefix: queryPrefix(fleet),
        credential: "MIMIR_TOKEN",
        now: Date.now,
        namespace: namespaceOf(project.name),
        groups: groupsOf(managed(resources, project)),
        largestGroup: Math.max(
          0,
          ...resources.flatMap((one) => (one.kind === "rule-group" ? [one.spec.rules.length] : [])),
        ),
        read: [...usage].filter(([, { panels }]) => panels.size > 0).map(([name]) => name),
        boardsOf: (metrics) => boardsOf(usage, metrics),
      }),
    );
  }
  parts.push(...grafanas.map((grafana) => grafanaHealth(project, { grafana, resources, environment })));
  if (grafanas.length > 0) parts.push(Promise.resolve({ well: [], ailments: nameless(homes, environment) }));
  return healthOf(...(await Promise.all(parts)));
}

/** One Grafana that is not looked at is one that a publish leaves out, too. */
function nameless(homes: Parameters<typeof withoutAddress>[0], environment: Environment): Ailment[] {
  return withoutAddress(homes, environment).map(({ title, variable }) => ({
    check: "grafana-address",
    where: title,
    says: "has no address in the environment, so nothing is published there",
    mend: `set ${variable} and ${variable.replace(/URL$/u, "TOKEN")}`,
  }));
}

/** Rules, and the boards of the widest view: those of an environment ask the same. */
function seenByMost(resources: readonly Resource[], { fleet, name, theirs }: Project): Resource[] {
  const [widest] = viewsOf(fleet, theirs?.name ?? name);
  return resources.filter(
    ({ kind, id, origin }) =>
      kind !== "dashboard" || (widest && id === boardUid(origin.replace("dashboards/", ""), widest)),
  );
}

function groupsOf(resources: readonly Resource[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { kind, at } of resources) {
    if (kind === "rule-group" && at.system === "mimir") counted[at.tenant] = (counted[at.tenant] ?? 0) + 1;
  }
  return counted;
}

interface GrafanaOptions {
  readonly grafana: LiveGrafana;
  readonly resources: readonly Resource[];
  readonly environment: Environment;
}

async function grafanaHealth(
  project: Project,
  { grafana: { server, title, credential, home }, resources, environment }: GrafanaOptions,
): Promise<Health> {
  const { parentFolder } = home;
  const health = await examineGrafana(project.fleet, {
    http: http(server),
    url: server.url,
    where: title,
    variable: server.variable,
    credential,
    ...(parentFolder !== undefined && { parentFolder }),
  });
  if (!health.usable || health.ailments.some(({ check }) => check !== "grafana-version")) return health;
  return healthOf(
    health,
    await inTheWay(
      project,
      resources,
      liveDestination({ ...placesOf(project), grafanas: [home] }, { ...environment, MIMIR_URL: undefined }),
      title,
    ),
  );
}

/** What is not ours and stands where ours should be. */
async function inTheWay(
  project: Project,
  resources: readonly Resource[],
  { targets }: Destination,
  where: string,
): Promise<Health> {
  try {
    const wanted = managed(resources, project).filter((resource) => targets.some((target) => target.holds(resource)));
    const plans = await planFor(wanted, targets);
    const ailments = plans.flatMap(({ target, changes }) =>
      changes.flatMap((change): Ailment[] =>
        change.action === "refuse"
          ? [{ check: `taken-${subject(change).kind}`, where: target.title, says: change.reason, mend: change.mend }]
          : [],
      ),
    );
    return { ailments, well: ailments.length === 0 ? [`${where}: nothing stands in the way of a publish`] : [] };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const mend =
      error.status === 401 || error.status === 403
        ? "give the credential the right to read what it is to write"
        : "no plan can be made before that is mended";
    return { well: [], ailments: [{ check: "plan", where, says: error.message, mend }] };
  }
}

/** Names in a line: the first of them tell which they are. */
function some(names: readonly string[]): string {
  const shown = 4;
  const rest = names.length - shown;
  return `${names.slice(0, shown).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function healthText({ ailments, well, missing = [] }: Health): string {
  const lines = [
    ...well.map((line) => `${colours.green("✓")} ${line}`),
    ...ailments.flatMap(({ check, where, says, mend }) => [
      `${colours.red("✗")} ${where}: ${says}  ${colours.dim(check)}`,
      `    ${colours.bold("mend:")} ${mend}`,
    ]),
  ];
  const lacking = missing.flatMap(({ exporter, clusters, metrics, boards, mend }) => [
    `${colours.yellow("!")} ${some(clusters)}: ${exporter} does not tell ${some(metrics)}; read by ${some(boards)}  ${colours.dim("metric")}`,
    `    ${colours.bold("mend:")} ${mend}`,
  ]);
  const sum = ailments.length === 0 ? "Nothing found." : `${many(ailments.length, "finding")}.`;
  return [...lines, ...lacking, "", sum].join("\n");
}
