import { stringify } from "yaml";
import type { BackendKind } from "../fleet/model.ts";
import type { FleetFile } from "../discover/fleet-file.ts";
import { colours } from "./colours.ts";
import type { World } from "./run.ts";

export type Ask = NonNullable<World["ask"]>;

/** What is wrong with an answer; undefined where nothing is. */
type Check = (answer: string) => string | undefined;

const kinds: readonly BackendKind[] = ["mimir", "prometheus", "grafana-cloud", "azure-managed"];

const isName: Check = (text) =>
  /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/u.test(text) ? undefined : "lower-case letters, digits and dashes";
const areNames: Check = (text) =>
  listOf(text).every((name) => /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/u.test(name)) && listOf(text).length > 0
    ? undefined
    : "names of letters, digits, dashes and dots, with commas between them";
const isKind: Check = (text) => (kinds.includes(text as BackendKind) ? undefined : `one of ${kinds.join(", ")}`);
const isAddress: Check = (text) =>
  /^https?:\/\/[^@]+$/u.test(text) && URL.canParse(text)
    ? undefined
    : "an address such as https://mimir.example.com/prometheus, without user name or password";

function listOf(text: string): string[] {
  return text.split(/[,\s]+/u).filter((word) => word !== "");
}

/** Each question has an answer that Enter takes, and is asked again until its answer can be used. */
async function answered(ask: Ask, question: string, usual: string, check: Check): Promise<string> {
  for (let text = `${question} ${colours.dim(`(${usual})`)} `; ;) {
    const answer = (await ask(text)).trim() || usual;
    const wrong = check(answer);
    if (wrong === undefined) return answer;
    text = `  ${colours.yellow("!")} ${wrong}: `;
  }
}

/** Is there a server that could be asked instead? Empty where there is none. */
export async function askedServer(ask: Ask): Promise<string> {
  const optional: Check = (text) => (text === "none" ? undefined : isAddress(text));
  const answer = await answered(ask, "A Prometheus API to ask what there is?", "none", optional);
  return answer === "none" ? "" : answer;
}

/** A fleet from a few answers. */
export async function promptedFleet(ask: Ask, name: string): Promise<FleetFile> {
  const asked = (question: string, usual: string, check: Check): Promise<string> =>
    answered(ask, question, usual, check);
  const fleet = await asked("What is the fleet called?", name, isName);
  const environments = listOf(await asked("Its environments, in the order of promotion?", "dev, stg, prd", areNames));
  const clusters: object[] = [];
  let region = "westeurope";
  for (const environment of environments) {
    for (const cluster of listOf(await asked(`The clusters of ${environment}?`, `${environment}-1`, areNames))) {
      // The next is likely to be where this one is.
      region = await asked(`The region of ${cluster}?`, region, areNames);
      clusters.push({ name: cluster, environment, region });
    }
  }
  const kind = await asked(`Who holds the metrics: ${kinds.join(", ")}?`, "mimir", isKind);
  const url = await asked("Where does Grafana find it?", usualUrls[kind] ?? "http://localhost:9090", isAddress);
  const grafana = await asked("Where do people open Grafana?", "http://localhost:3000", isAddress);
  const input = {
    name: fleet,
    environments: environments.map((environment) => ({ name: environment })),
    clusters,
    backends: [{ kind, url }],
    grafanas: [{ url: grafana }],
  };
  const head = [
    "# yaml-language-server: $schema=./node_modules/fleetglass/schema/fleet.schema.json",
    "# Every key: node_modules/fleetglass/docs/fleet.md",
  ];
  return { text: `${head.join("\n")}\n${stringify(input, { lineWidth: 120 })}`, questions: [] };
}

const usualUrls: Readonly<Record<string, string>> = {
  mimir: "http://mimir-gateway.mimir.svc.cluster.local/prometheus",
  prometheus: "http://prometheus-operated.monitoring.svc.cluster.local:9090",
  "grafana-cloud": "https://prometheus-prod-01-eu-west-0.grafana.net/api/prom",
  "azure-managed": "https://my-workspace.westeurope.prometheus.monitor.azure.com",
};
