import { compare, type Resource } from "../bundle.ts";
import type { Check, Finding, Found, Severity } from "./check.ts";
import { checks } from "./checks/index.ts";
import { durationOf } from "./durations.ts";
import { ExpressionReader } from "./expressions.ts";
import { partsOfBundle } from "./from-bundle.ts";
import { type InputFile, type Parts, readFiles } from "./input/files.ts";
import { LabelReader } from "./labels-of.ts";
import type { PromqlOptions } from "./promql-types.ts";
import { settingOf, type SettingOptions } from "./setting.ts";
import { covers } from "./silence.ts";
import { runChecks } from "./walk-checks.ts";
import type { Allow, Setting, Subject, Thing } from "./subject.ts";

export type { Check, Finding, Fix, Severity } from "./check.ts";
export { applyFixes, type Fixed } from "./fix.ts";
export { fingerprint, type Format, formats } from "./output/formats.ts";
export { type Palette, textOf } from "./output/text.ts";
export { checks } from "./checks/index.ts";
export { readExposition, typeOf } from "./input/exposition.ts";
export type { InputFile } from "./input/files.ts";
export { type Logql, type LogqlSelector, type LogqlType, parseLogql } from "./logql.ts";
export { type Matcher, parsePromql, type Promql, type PromqlError, type PromqlType, type Selector } from "./promql.ts";
export type { QueryError, QueryOptions } from "./query-language.ts";
export type { Facts } from "./subject.ts";
export { parseTraceql, type Traceql, type TraceqlType } from "./traceql.ts";

/** What is looked for, and how bad it is. */
export interface LintOptions extends SettingOptions {
  /** Of checks by id, where it is not the usual one; `off` leaves a check out. */
  readonly severity?: Readonly<Record<string, Severity | "off">>;
}

export interface FileLintOptions extends LintOptions, Pick<PromqlOptions, "dialect" | "version"> {
  /** Which language rule files are in; by default their expressions tell. */
  readonly language?: "promql" | "logql";
}

export interface FileFindings {
  readonly findings: readonly Finding[];
  /** How much was linted. */
  readonly counts: Readonly<Record<"rules" | "boards" | "expressions", number>>;
  /** Files in which there is nothing to lint. */
  readonly others: readonly string[];
}

/** What is wrong in a bundle? In the order of the resources. */
export function lint(resources: readonly Resource[], options: LintOptions = {}): Finding[] {
  const reader = new ExpressionReader({ dialect: "mimir" });
  return findingsIn(partsOfBundle(resources, reader), settingOf(true, options), options);
}

/** What is wrong in files? In their order. Names that no exporter of the catalogue has are taken to be the user's own. */
export function lintFiles(files: readonly InputFile[], options: FileLintOptions = {}): FileFindings {
  const { dialect = "prometheus", version, language } = options;
  const reader = new ExpressionReader({ dialect, ...(version !== undefined && { version }) });
  const { others, ...parts } = readFiles(files, { reader, ...(language && { language }) });
  const subject = subjectOf(parts, settingOf(false, options));
  const order = new Map(files.map(({ file }, at) => [file, at]));
  const findings = findingsOf(subject, options).toSorted(
    (a, b) =>
      (order.get(a.resource) ?? 0) - (order.get(b.resource) ?? 0) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      compare(a.check, b.check),
  );
  const { rules, boards, expressions } = subject;
  return {
    findings,
    others,
    counts: { rules: rules.length, boards: boards.length, expressions: expressions.length },
  };
}

/** One rule of files, for those who ask a server about it. */
export interface WrittenRule {
  readonly kind: "record" | "alert";
  readonly name: string;
  readonly expr: string;
  readonly forSeconds: number;
}

/** Every PromQL rule in files. */
export function rulesIn(files: readonly InputFile[]): WrittenRule[] {
  const { groups } = readFiles(files, { reader: new ExpressionReader({}) });
  return groups
    .filter(({ language }) => language === "promql")
    .flatMap(({ rules }) =>
      rules.map((rule) => ({
        kind: rule.kind,
        name: rule.name,
        expr: rule.expression.text,
        forSeconds: durationOf(rule.for) ?? 0,
      })),
    );
}

function findingsIn(parts: Parts, setting: Setting, options: LintOptions): Finding[] {
  // Thousands of findings are about a few hundred resources.
  const ofResource = new Map<string, Finding[]>();
  for (const found of findingsOf(subjectOf(parts, setting), options)) {
    const others = ofResource.get(found.resource);
    if (others) others.push(found);
    else ofResource.set(found.resource, [found]);
  }
  return [...ofResource.keys()].toSorted(compare).flatMap((resource) => ofResource.get(resource) ?? []);
}

function subjectOf(parts: Parts, setting: Setting): Subject {
  const rules = parts.groups.flatMap((group) => group.rules);
  const expressions = [
    ...rules.map(({ expression }) => expression),
    ...parts.boards.flatMap(({ panels, others }) => [...others, ...panels.flatMap(({ targets }) => targets)]),
  ];
  const recorded = new Map<string, (typeof rules)[number][]>();
  for (const rule of rules) {
    if (rule.kind !== "record") continue;
    const known = recorded.get(rule.name);
    if (known) known.push(rule);
    else recorded.set(rule.name, [rule]);
  }
  const labels = new LabelReader({ recorded });
  return {
    ...parts,
    setting,
    rules,
    expressions,
    recorded,
    labelsOf: (expr) => labels.of(expr),
  };
}

/** Runs the checks, and leaves out what is allowed. A silence that silences nothing is a finding itself. */
function findingsOf(subject: Subject, { severity = {} }: LintOptions): Finding[] {
  const used = new Set<Allow>();
  const enabled = checks.filter(({ id }) => severity[id] !== "off");
  const findings: Finding[] = [];
  runChecks(enabled, subject).forEach((said, at) => {
    const check = enabled[at] as Check;
    for (const one of said) {
      if (isAllowed(one.thing, check, used)) continue;
      findings.push(finding(check.id, severityOf(check, one, severity), one));
    }
  });
  return [...findings, ...silences(subject, used, severity)];
}

function severityOf(check: Check, found: Found, severity: NonNullable<LintOptions["severity"]>): Severity {
  const chosen = severity[check.id];
  return chosen === undefined || chosen === "off" ? (found.severity ?? check.severity) : chosen;
}

function isAllowed(thing: Thing, { id }: Check, used: Set<Allow>): boolean {
  let allowed = false;
  for (let at: Thing | undefined = thing; at; at = at.within) {
    if (at.allow.length === 0) continue;
    for (const allow of at.allow) {
      if (!covers(allow, id)) continue;
      used.add(allow);
      allowed = true;
    }
  }
  return allowed;
}

function finding(check: string, severity: Severity, found: Found): Finding {
  const { thing, message, expression, span, fix } = found;
  const { resource, where, document } = thing;
  const told: { -readonly [Key in keyof Finding]: Finding[Key] } = { check, severity, resource, where, message };
  if (expression) told.expr = expression.text;
  if (span) {
    told.from = span.from;
    told.to = span.to;
  }
  if (document) {
    told.file = document.file;
    Object.assign(told, found.position ?? document.locate(expression?.path ?? thing.path, expression && span?.from));
  } else if (found.position) {
    Object.assign(told, found.position);
  }
  if (fix) told.fix = { ...fix, ...(expression && document?.exact(expression.path, fix.from)) };
  return told;
}

/** Silences that silence nothing, and those without a reason. */
function silences(
  { groups, boards, rules, expressions }: Subject,
  used: ReadonlySet<Allow>,
  severity: LintOptions["severity"] = {},
): Finding[] {
  const seen = new Set<Allow>();
  const known = new Set(checks.map(({ id }) => id));
  const found: Finding[] = [];
  const say = (thing: Thing, allow: Allow): void => {
    if (seen.has(allow)) return;
    seen.add(allow);
    const { check, because } = allow;
    const name = check === "global" ? "the marker `global`" : `the silence of ${check}`;
    const off = severity[check] === "off";
    const messages = [
      ...(because === "" ? [["S02", `${name} gives no reason: say why after it`]] : []),
      ...(check !== "*" && check !== "global" && !known.has(check)
        ? [["S01", `${name} silences nothing: there is no such check`]]
        : used.has(allow) || off || allow.mayBeIdle === true
          ? []
          : [["S01", `${name} silences nothing: remove it`]]),
    ] as const;
    for (const [id = "", message = ""] of messages) {
      const level = severity[id] ?? "warning";
      if (level !== "off") found.push(finding(id, level, { thing, message }));
    }
  };
  const look = (thing: Thing): void => {
    const { allow, within } = thing;
    if (allow.length > 0) allow.forEach((one) => say(thing, one));
    if (within && within.allow.length > 0) within.allow.forEach((one) => say(within, one));
  };
  for (const things of [groups, rules, boards, ...boards.map(({ panels }) => panels), expressions])
    things.forEach(look);
  return found;
}
