import { readFileSync } from "node:fs";
import { parseLogql } from "../src/lint/logql.ts";
import { parsePromql } from "../src/lint/promql.ts";
import { parseTraceql } from "../src/lint/traceql.ts";

interface Case {
  readonly id: string;
  readonly expr: string;
  readonly valid: boolean;
  readonly mimir2604?: { readonly valid: boolean };
}

interface Language {
  readonly name: string;
  readonly file: string;
  readonly wanted: (each: Case) => boolean;
  readonly found: (expr: string) => boolean;
}

const languages: readonly Language[] = [
  {
    name: "PromQL (Prometheus 3.16)",
    file: "promql",
    wanted: ({ valid }) => valid,
    found: (expr) => parsePromql(expr).ok,
  },
  {
    name: "PromQL (Mimir)",
    file: "promql",
    wanted: ({ mimir2604, valid }) => mimir2604?.valid ?? valid,
    found: (expr) => parsePromql(expr, { dialect: "mimir" }).ok,
  },
  { name: "LogQL (Loki 3.7)", file: "logql", wanted: ({ valid }) => valid, found: (expr) => parseLogql(expr).ok },
  { name: "TraceQL (Tempo)", file: "traceql", wanted: ({ valid }) => valid, found: (expr) => parseTraceql(expr).ok },
];

/** How often do our parsers agree with the servers' own on their test tables? Each disagreement is named. */
export async function conformance(): Promise<string> {
  const folder = process.env["FLEETGLASS_TEST_DATA"];
  if (folder === undefined || folder === "")
    throw new Error("FLEETGLASS_TEST_DATA names no folder: the tables are not part of the repository");
  return languages.map((language) => agreement(language, `${folder}/conformance`)).join("\n");
}

function agreement({ name, file, wanted, found }: Language, folder: string): string {
  const cases = JSON.parse(readFileSync(`${folder}/${file}_accept_reject.json`, "utf8")) as readonly Case[];
  const judged = cases.map((each) => ({ ...each, wanted: wanted(each), found: found(each.expr) }));
  const wrong = judged.filter((each) => each.wanted !== each.found);
  const refused = wrong.filter((each) => each.wanted).length;
  const share = ((100 * (judged.length - wrong.length)) / judged.length).toFixed(1);
  return [
    `  ${name}: ${share} % of ${judged.length} agree; ${refused} falsely refused, ${wrong.length - refused} falsely accepted`,
    ...wrong.map(
      (each) => `    ${each.id} ${each.wanted ? "refused" : "accepted"}: ${each.expr.replaceAll(/\s+/gu, " ")}`,
    ),
  ].join("\n");
}
