/** What `init` can set up. */
export const templates = ["platform", "app", "lint"] as const;
export type Template = (typeof templates)[number];

/** Who runs the checks. */
export const ciSystems = ["github", "gitlab", "azure"] as const;
export type Ci = (typeof ciSystems)[number];

export interface Written {
  readonly path: string;
  readonly text: string;
}

/** The project of a team whose fleet somebody else publishes: one board and one alert, to be replaced by theirs. */
export function appConfig(name: string): Written {
  return {
    path: "fleetglass.config.ts",
    text: `import { readFileSync } from "node:fs";
import {
  alert,
  alarming,
  type Board,
  defineProject,
  filter,
  max,
  parseFleet,
  place,
  promql,
  row,
  select,
  sum,
  timeseries,
} from "fleetglass";

// The platform team publishes the fleet of fleet.yaml; this project adds to it, and publishes what it adds.
const fleet = parseFleet(readFileSync(new URL("fleet.yaml", import.meta.url), "utf8"), "fleet.yaml");

const running = sum(
  ["cluster", "namespace"],
  max(["cluster", "namespace", "pod"], select("kube_pod_status_ready", { condition: "true", ...filter })),
);

const namespace = [...place, "namespace"] as const;
const waiting = sum(
  namespace,
  max([...namespace, "pod"], select("kube_pod_status_ready", { condition: "false", namespace: "${name}" })),
);

const board: Board = {
  uid: "${name}",
  title: "${name}",
  description: "Does our application run, and where?",
  tags: ["${name}"],
  rows: () => [
    row("Pods", [
      timeseries({
        title: "Ready pods",
        description: "How many pods are ready in each namespace? A step down that nobody ordered is worth a look.",
        thresholds: alarming(Number.MAX_SAFE_INTEGER),
        queries: [running],
        span: 24,
      }),
    ]),
  ],
};

export default defineProject({
  name: "${name}",
  extends: fleet,
  dashboards: [board],
  alerts: [
    {
      name: "${name}",
      interval: "1m",
      scope: "tenant",
      rules: [
        alert({
          name: "PodsNotReady",
          when: promql({ unit: "none", labels: namespace })\`\${waiting} > 0\`,
          for: "15m",
          severity: "warning",
          component: "${name}",
          summary: ({ cluster, value }) => \`\${value} pods of ${name} are not ready in \${cluster}\`,
          description: ({ namespace }) => \`Pods of \${namespace} have not become ready for fifteen minutes.\`,
          board: board.uid,
        }),
      ],
    },
  ],
});
`,
  };
}

/** A workflow that lints every change and, but for \`lint\`, shows what it would change and publishes what was merged. */
export function workflow(ci: Ci, template: Template): Written {
  const publishes = template !== "lint";
  return { github: githubWorkflow, gitlab: gitlabPipeline, azure: azurePipeline }[ci](publishes);
}

function githubWorkflow(publishes: boolean): Written {
  const env = `        env:
          GRAFANA_URL: \${{ vars.GRAFANA_URL }}
          GRAFANA_TOKEN: \${{ secrets.GRAFANA_TOKEN }}
          MIMIR_URL: \${{ vars.MIMIR_URL }}
          MIMIR_TOKEN: \${{ secrets.MIMIR_TOKEN }}
`;
  const steps = `      # Exit code 2 says that there is something to change, which is no failure.
      - if: github.event_name == 'pull_request'
        run: npx fleetglass plan --to live || [ $? -eq 2 ]
${env}      - if: github.ref == 'refs/heads/main'
        run: npx fleetglass publish --to live
${env}`;
  return {
    path: ".github/workflows/fleetglass.yml",
    text: `name: fleetglass
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  fleetglass:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 22, cache: npm }
      - run: npm ci
      - run: npx fleetglass lint
${publishes ? steps : ""}`,
  };
}

function gitlabPipeline(publishes: boolean): Written {
  const jobs = `
# GRAFANA_URL, GRAFANA_TOKEN, MIMIR_URL and MIMIR_TOKEN are CI/CD variables; mask the tokens and protect them.
plan:
  script: npx fleetglass plan --to live || [ $? -eq 2 ]
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"

publish:
  script: npx fleetglass publish --to live
  resource_group: fleetglass
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
`;
  return {
    path: ".gitlab-ci.yml",
    text: `default:
  image: node:22
  before_script: [npm ci]

lint:
  script: npx fleetglass lint
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
${publishes ? jobs : ""}`,
  };
}

function azurePipeline(publishes: boolean): Written {
  const env = `    env:
      GRAFANA_TOKEN: $(GRAFANA_TOKEN)
      MIMIR_TOKEN: $(MIMIR_TOKEN)
`;
  const steps = `  # Exit code 2 says that there is something to change, which is no failure.
  - bash: npx fleetglass plan --to live || [ $? -eq 2 ]
    condition: and(succeeded(), eq(variables['Build.Reason'], 'PullRequest'))
${env}  - bash: npx fleetglass publish --to live
    condition: and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))
${env}`;
  return {
    path: "azure-pipelines.yml",
    text: `# The variables GRAFANA_URL and MIMIR_URL, and as secrets GRAFANA_TOKEN and MIMIR_TOKEN, belong to the pipeline.
trigger: [main]
pool: { vmImage: ubuntu-latest }
steps:
  - task: NodeTool@0
    inputs: { versionSpec: 22.x }
  - bash: npm ci
  - bash: npx fleetglass lint
${publishes ? steps : ""}`,
  };
}
