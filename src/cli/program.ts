import { Command, CommanderError, Option } from "commander";
import { readFileSync } from "node:fs";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { Misuse } from "./misuse.ts";
import { ciSystems, templates } from "../discover/templates.ts";
import type { AnalyzeOptions } from "./run-analyze.ts";
import type { DiagramOptions } from "./run-diagram.ts";
import type { ChartsOptions } from "./run-charts.ts";
import type { InitOptions } from "./run-init.ts";
import type { SimulateOptions } from "./run-simulate.ts";
import type { LintCommandOptions } from "./run-lint.ts";
import type { MetricsOptions } from "./run-metrics.ts";
import type { PullOptions } from "./run-pull.ts";
import type { PreviewOptions, SnapshotOptions } from "./run-preview.ts";
import type { CommonOptions, World } from "./run.ts";
import type { DriftOptions } from "./run-drift.ts";
import type { PublishOptions } from "./run-publish.ts";
import type { RestoreOptions } from "./run-restore.ts";
import type { RollbackOptions } from "./run-rollback.ts";
import type { TestOptions } from "./run-test.ts";

/** Runs one command line, and says how it ended. Errors are printed here, one line each, never as a stack trace. */
export async function main(argv: readonly string[], world: World): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const program = programFor(world, (ended) => {
    code = ended;
  });
  try {
    // Without a command, help is the answer and not an error.
    await program.parseAsync(argv.length === 0 ? ["--help"] : argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.misuse;
    // A program that asked for data gets data, also of what went wrong.
    if (argv.includes("--json")) world.print(JSON.stringify({ error: messageOf(error).join("\n") }, null, 2));
    for (const line of messageOf(error)) world.tell(`${colours.red("error:")} ${line}`);
    return error instanceof Misuse ? exitCodes.misuse : exitCodes.failed;
  }
}

function messageOf(error: unknown): string[] {
  if (error instanceof Error) return error.message.split("\n");
  return [String(error)];
}

function programFor(world: World, end: (code: ExitCode) => void): Command {
  const program = new Command("fleetglass")
    .description("Describe your fleet of clusters once; dashboards, rules and data sources follow from it.")
    .version(version(), "-V, --version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.print(text.trimEnd()),
      writeErr: (text) => world.tell(text.trimEnd()),
    })
    .showSuggestionAfterError()
    .addHelpText("after", exitCodeHelp);

  program
    .command("init [folder]")
    .description("write a first fleet.yaml: from what a live stack says, or from a few answers")
    .option("--from <url>", "a Prometheus API to ask, such as https://mimir.example.com/prometheus")
    .option(
      "--boards-only",
      "with --from: publish boards and no rules; boards then ask themselves what rules would record",
    )
    .option("--yes", "ask nothing, and take the reference fleet")
    .addOption(
      new Option("--template <name>", "what for: a platform team, an app team, or only to lint")
        .choices(templates)
        .default("platform"),
    )
    .addOption(new Option("--ci <system>", "write a workflow too").choices(ciSystems))
    .option("--json", "print data for programs")
    .addHelpText("after", initHelp)
    .action(async (folder: string | undefined, options: InitOptions) => {
      const { runInit } = await import("./run-init.ts");
      end(await runInit(folder ?? ".", options, world));
    });

  common(program.command("build"), "generate, lint, and write into the output folder")
    .addOption(outOption())
    .addOption(pruneOption())
    .option(
      "--helm <folder>",
      "instead: plain Helm values and an install script for each cluster, there, for those without Flux",
    )
    .action(async ({ helm, ...options }: Omit<PublishOptions, "to"> & { readonly helm?: string }) =>
      end(
        await (
          await import("./run-publish.ts")
        ).runPublish(helm === undefined ? { ...options, to: "files" } : { ...options, out: helm, to: "helm" }, world),
      ),
    );

  common(
    program.command("lint [paths...]"),
    "find mistakes in what is generated, or in rule files, boards and configuration at paths",
  )
    .addOption(outOption())
    .addOption(
      new Option("--format <name>", "how findings are written").choices([
        "text",
        "json",
        "sarif",
        "github",
        "junit",
        "gitlab",
        "azure",
      ]),
    )
    .option("-o, --output <file>", "write them there, and not to standard output")
    .option("--config <file>", "settings (default: .fleetglass-lint.yaml, where there is one)")
    .option("--exclude <glob>", "leave out files; repeatable", collected, [])
    .addOption(
      new Option("--fail-on <severity>", "exit with 1 from this severity on")
        .choices(["error", "warning", "info"])
        .default("warning"),
    )
    .option("--fix", "mend in place what surely can be")
    .option("--changed-since <ref>", "only findings in files that differ from a git commit")
    .option("--baseline <file>", "only findings that are not in this file")
    .option("--write-baseline <file>", "keep today's findings there, and exit with 0")
    .option("--metrics-from <file or URL>", "what you expose: a scrape, or a Prometheus; repeatable", collected, [])
    .option("--cluster-label <name>", "what tells clusters apart; none where there is one (default: cluster)")
    .option("--scrape-interval <duration>", "the longest there is (default: the fleet's, else 15s)")
    .option("--retention <duration>", "how long metrics are kept")
    .addOption(new Option("--dialect <server>", "whose PromQL files are in").choices(["prometheus", "mimir"]))
    .option("--target-version <version>", "of that server, such as 3.14")
    .addOption(new Option("--language <name>", "of rule files, where it is not seen").choices(["promql", "logql"]))
    .option("--live <URL>", "ask this Prometheus, reading only, how often each alert would have fired in 7 days")
    .option("--tenant <id>", "for --live and --metrics-from")
    .addHelpText("after", lintHelp)
    .action(async (paths: readonly string[], options: LintCommandOptions) => {
      // The linter's readers and writers are many; other commands start without them.
      const { runLint } = await import("./run-lint.ts");
      end(await runLint(paths, options, world));
    });

  common(program.command("test"), "run the tests of alerts, series in and alerts out, through promtool")
    .option("--only <text>", "only tests whose name, which begins with the alert's, has this in it")
    .addHelpText("after", testHelp)
    .action(async (options: TestOptions) => end(await (await import("./run-test.ts")).runTest(options, world)));

  planned(
    common(
      program.command("plan"),
      "show what publish would change; changes nothing (exit code 2 where there are changes)",
    ),
  )
    .addOption(memoryOption())
    .action(async (options: PublishOptions) =>
      end(await (await import("./run-publish.ts")).runPublish({ ...options, plan: true }, world)),
    );

  carried(
    planned(
      common(
        program.command("publish [plan-file]"),
        "generate, lint, and publish to files or to a live stack; or carry out a saved plan",
      ),
    ).option("--plan", "only show what would change"),
  )
    .option("--allow-mass-delete", "let --prune remove most of what is ours in a place")
    .option(
      "--state <where>",
      "keep what was there before, so that rollback can put it back: a folder, or git:<branch>",
    )
    .option("--annotate [text]", "leave a mark in Grafana where anything was changed")
    .option("--preview <branch>", "only boards, in a folder preview/<branch> of their own, for a pull request")
    .option("--expires <duration>", "how long a preview stands (default: 7d)")
    .option("--remove", "take the preview away")
    .addHelpText("after", environmentHelp)
    .action(async (file: string | undefined, options: PublishOptions, command: Command) => {
      if (file === undefined) {
        end(await (await import("./run-publish.ts")).runPublish(options, world));
        return;
      }
      const fixed = command.options.filter(
        (one) => planHolds.has(one.attributeName()) && command.getOptionValueSource(one.attributeName()) === "cli",
      );
      if (fixed.length > 0) {
        throw new Misuse(
          `a saved plan holds what is to be done, and where: leave out ${fixed.map(({ long }) => long).join(", ")}, or make the plan again with it`,
        );
      }
      end(await (await import("./run-saved-plan.ts")).runSavedPlan(file, options, world));
    });

  selected(
    common(program.command("drift"), "show what was changed by hand on a live stack (exit code 2 where something was)"),
  )
    .addOption(memoryOption())
    .addHelpText("after", environmentHelp)
    .action(async (options: DriftOptions) => end(await (await import("./run-drift.ts")).runDrift(options, world)));

  carried(common(program.command("rollback"), "put back what was there before a run of publish --state"))
    .addOption(contextOption())
    .requiredOption("--state <where>", "where publish kept its runs: a folder, or git:<branch>")
    .option("--to <run>", "back to how it was after this run (default: undo the last one)")
    .option("--list", "list the runs")
    .option("--plan", "only show what would change")
    .option("--take-over", "also over what somebody changed since")
    .addHelpText("after", environmentHelp)
    .action(async (options: RollbackOptions) =>
      end(await (await import("./run-rollback.ts")).runRollback(options, world)),
    );

  common(
    selected(program.command("restore"))
      .addOption(outOption())
      .option("--plan", "only show what would change (exit code 2 where there is something)")
      .option("--take-over", "make ours what others made and stands in the way")
      .option("--keep-going", "go on in a place after a failure there")
      .option("--concurrency <n>", "how many requests at once, or by system: grafana=4,mimir=16,loki=8 (default: 8)")
      .option("--state <folder>", "keep what was there before, so that rollback can put it back"),
    "bring back an empty or damaged live stack from the committed files, as they are; removes nothing",
  )
    .addHelpText("after", environmentHelp)
    .action(async (options: RestoreOptions) => {
      const { runRestore } = await import("./run-restore.ts");
      end(await runRestore(options, world));
    });

  common(program.command("pull"), "write down what a live stack has, or a board from a file, as a project in code")
    .addOption(contextOption())
    .option("--out <folder>", "folder of the project that is written", "pulled")
    .option("--name <name>", "its name, which signs what is taken over", "pulled")
    .option("--file <board.json>", "a board in a file, such as a community's; repeatable", collected, [])
    .addHelpText("after", pullHelp)
    .action(async (options: PullOptions) => {
      const { runPull } = await import("./run-pull.ts");
      end(await runPull(options, world));
    });

  common(program.command("bundle"), "print everything that is generated as one JSON document").action(
    async (options: CommonOptions) => end(await (await import("./run-bundle.ts")).runBundle(options, world)),
  );

  common(program.command("diagram"), "draw the fleet: clusters, agents, doors, tenants, rulers, data sources, boards")
    .addOption(
      new Option("--format <name>", "Mermaid, for a page of Markdown, or a picture")
        .choices(["mermaid", "svg"])
        .default("mermaid"),
    )
    .option("-o, --output <file>", "write it there, and not to standard output")
    .action(async (options: DiagramOptions) => {
      const { runDiagram } = await import("./run-diagram.ts");
      end(await runDiagram(options, world));
    });

  data(common(program.command("preview"), "show the boards in a browser, without a Grafana; edits show at once"))
    .option("--port <number>", "port on this machine", "4173")
    .option("--grafana", "in folders of their own in the Grafana at GRAFANA_URL instead, until Ctrl-C")
    .addHelpText("after", previewHelp)
    .action(async (options: PreviewOptions) =>
      end(await (await import("./run-preview.ts")).runPreview(options, world)),
    );

  data(common(program.command("snapshot [uid]"), "draw a board, or what differs from before, without a Grafana"))
    .option("--to <file>", "picture to write, or with --before a folder (default: <uid>.png, before-after)")
    .option("--theme <name>", "dark or light", "dark")
    .option("--width <pixels>", "as high as the board is", "1600")
    .option("--query <text>", "the view, as in its address: from=now-1h&var-cluster=prd-uaenorth", "")
    .option("--panel <id>", "only this panel")
    .option("--before <file>", "what `fleetglass bundle` printed before: makes a page of all boards that differ")
    .addHelpText("after", previewHelp)
    .action(async (uid: string | undefined, options: SnapshotOptions) =>
      end(await (await import("./run-preview.ts")).runSnapshot(uid, options, world)),
    );

  common(
    program.command("doctor"),
    "look for what keeps boards empty or a publish from being done on the live stack, and say how to mend it",
  )
    .addHelpText("after", environmentHelp)
    .action(async (options: CommonOptions) => {
      const { runDoctor } = await import("./run-doctor.ts");
      end(await runDoctor(options, world));
    });

  common(
    program.command("analyze"),
    "count which series no board and no rule reads, per cluster, and write what keeps them from being sent",
  )
    .option("--keep", "a list of what to keep, instead of what to drop")
    .addHelpText("after", environmentHelp)
    .action(async (options: AnalyzeOptions) => {
      const { runAnalyze } = await import("./run-analyze.ts");
      end(await runAnalyze(options, world));
    });

  common(
    program
      .command("charts")
      .description("what is to be known of the infrastructure's Helm charts")
      .command("outdated"),
    "say which of the fleet's Helm charts have newer versions, and what of our values these do not know (exit code 1 where there are any)",
  )
    .option(
      "--index <file or URL>",
      "an index.yaml (default: those of the charts' own repositories); repeatable",
      collected,
      [],
    )
    .action(async (options: ChartsOptions) => {
      const { runChartsOutdated } = await import("./run-charts.ts");
      end(await runChartsOutdated(options, world));
    });

  program
    .command("simulate")
    .description("let the fleet live on a real Mimir: hours of history, the rules, then on and on until Ctrl-C")
    .option("--fleet <file>", "fleet.yaml or fleetglass.config.ts")
    .option("--from <time>", "where raw samples begin: -6h before the end, or 2026-01-31T06:00:00Z", "-6h")
    .option("--to <time>", "where they end; from now it goes on live", "now")
    .option("--days <number>", "how many days of aggregates to write before them", "35")
    .option("--seed <number>", "another seed is another world", "1")
    .option(
      "--fault <name@start+duration>",
      "plan a fault, such as cluster-silent@-30m+1h,cluster=X; repeatable",
      collected,
      [],
    )
    .option("--list-faults", "list the faults that can be planned")
    .option("--text <cluster>", "print what a cluster exposes, as Prometheus text")
    .option("--at <time>", "when, for --text: now, -1h or 2026-01-31T12:00:00Z")
    .option("--once", "write the history and stop")
    .option("--record <file>", "keep what the server answers to boards, for a preview without a server, and stop")
    .option("--board <uid>", "a board to record (default: multi-cluster-overview); repeatable", collected, [])
    .option("--json", "print data for programs")
    .addHelpText("after", simulateHelp)
    .action(async (options: SimulateOptions) => {
      // The simulator is large; other commands start without it.
      const { runSimulate } = await import("./run-simulate.ts");
      end(await runSimulate(options, world));
    });

  program
    .command("metrics")
    .description("list the metrics that queries may name: type, unit, labels, and who exposes them")
    .option("--source <name>", "only those of one source, such as node-exporter")
    .option("--json", "print data for programs")
    .action(async (options: MetricsOptions) => end((await import("./run-metrics.ts")).runMetrics(options, world)));
  return program;
}

function common(command: Command, about: string): Command {
  return command
    .description(about)
    .option(
      "--fleet <file>",
      "fleet.yaml or fleetglass.config.ts (default: the one in this folder, else the reference fleet)",
    )
    .option("--json", "print data for programs");
}

/** Which part of which live stack is meant. */
function selected(command: Command): Command {
  return command
    .addOption(contextOption())
    .option(
      "--target <kind/id>",
      "only this, such as dashboard/multi-cluster-overview or rule-group/*; repeatable",
      collected,
    )
    .option("--tenant <id>", "only this tenant's rules and routing; repeatable", collected)
    .option("--environment <name>", "only this environment's rules, boards and their sources; repeatable", collected);
}

/** What plan and publish share. */
function planned(command: Command): Command {
  return selected(command)
    .addOption(outOption())
    .addOption(toOption())
    .addOption(pruneOption())
    .option("--take-over", "make ours what others made and stands in the way")
    .option("--plan-out <file>", "keep the plan, to be carried out later by: publish <file>")
    .option("--markdown", "print the plan as Markdown, for a comment on a pull request");
}

/** How a plan is carried out. */
function carried(command: Command): Command {
  return command
    .option("--keep-going", "go on in a place after a failure there")
    .option("--concurrency <n>", "how many requests at once, or by system: grafana=4,mimir=16,loki=8 (default: 8)");
}

function data(command: Command): Command {
  return command
    .option("--mimir <url>", "Mimir, or else MIMIR_URL; its API is below /prometheus")
    .option("--loki <url>", "Loki, or else LOKI_URL");
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function outOption(): Option {
  return new Option("--out <folder>", "folder of the generated files").default("out");
}

function toOption(): Option {
  return new Option(
    "--to <where>",
    "write files, or Kubernetes objects for Grafana's sidecar, or publish to the servers that the environment names",
  )
    .choices(["files", "configmaps", "live"])
    .default("files");
}

function contextOption(): Option {
  return new Option("--context <name>", "of several live stacks, the one of the variables LAB_GRAFANA_URL … for lab");
}

function memoryOption(): Option {
  return new Option(
    "--state <where>",
    "where publish keeps its runs (a folder, or git:<branch>): tells of folders and who may see them who changed them",
  );
}

function pruneOption(): Option {
  return new Option("--prune", "also remove what is ours and no longer wanted");
}

const pullHelp = `
Reads folders, data sources and boards of Grafana, and the rule groups of every tenant of the fleet in Mimir and Loki;
writes them as files, never over one that is there, and never a secret. Nothing on the stack changes.

Environment:
  GRAFANA_URL, MIMIR_URL, LOKI_URL, and credentials as publish takes them
`;

const initHelp = `
Environment, for --from:
  MIMIR_TENANTS        tenants to ask for, where the server has any: "dev|stg|prd"
  MIMIR_TENANT_HEADER  the header that names them (default: X-Scope-OrgID)
  MIMIR_TOKEN          or MIMIR_USER and MIMIR_PASSWORD, where it asks for one
  GRAFANA_URL          and GRAFANA_TOKEN: what is in Grafana, and what the token may do there
Nothing of this but addresses is written. No file is written over.`;

const exitCodeHelp = `
Exit codes: 0 done; 1 error or findings; 2 there are changes (plan, publish --plan, drift, rollback --plan); 64 misuse.`;

const testHelp = `
Uses the promtool on PATH, else one that Go builds once. Every alert needs a test in which it fires and one in which it does not.`;

const lintHelp = `
Reads rule files of Prometheus, Mimir and Loki, PrometheusRule, dashboards (JSON, ConfigMap, schema 1 and 2), Alertmanager
configuration and data source provisioning. docs/lint.md lists the formats, docs/checks what is looked for.
MIMIR_TOKEN, or MIMIR_USER and MIMIR_PASSWORD, are sent with --live and --metrics-from.`;

const previewHelp = `
Without a Mimir, answers that were recorded of one are shown. MIMIR_TOKEN, or MIMIR_USER and MIMIR_PASSWORD, and likewise
LOKI_…, are sent where they are set. Pictures need a Chromium: on PATH's usual places, or named in CHROMIUM.`;

const simulateHelp = `
Uses the Mimir at MIMIR_URL, else one on PATH, else one that Go builds once or a container runs; the Loki at LOKI_URL, else
one on PATH; and sends spans to OTEL_EXPORTER_OTLP_ENDPOINT where that is set.
Faults start relative to --to: cluster-silent@-30m+1h began half an hour before it and lasts an hour.`;

const environmentHelp = `
Environment, for a live stack: GRAFANA_URL, MIMIR_URL, LOKI_URL say where; a server without an address is left out. Beside them,
for PREFIX one of GRAFANA, MIMIR, LOKI, and GRAFANA_EU for the one of the fleet's grafanas that is called eu:
  PREFIX_TOKEN, or PREFIX_USER and PREFIX_PASSWORD; a tenant's own: MIMIR_TOKEN_DEV
  PREFIX_OIDC_TOKEN_URL, _OIDC_CLIENT_ID, _OIDC_CLIENT_SECRET, _OIDC_SCOPE   a token by client credentials
  PREFIX_CA_FILE, PREFIX_CERT_FILE, PREFIX_KEY_FILE                          a private authority, a client's certificate
With infrastructure of ours, GRAFANA_DOOR_PASSWORD is what data sources are given for the doors.
Each secret may be in a file instead: PREFIX_TOKEN_FILE. HTTPS_PROXY and NO_PROXY are heeded.`;

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}

/** What a saved plan was made with, by the names of the options. */
const planHolds: ReadonlySet<string> = new Set([
  "prune",
  "takeOver",
  "target",
  "tenant",
  "environment",
  "planOut",
  "preview",
  "expires",
  "remove",
]);
