import type { ExpressionReader } from "../expressions.ts";
import type { Allow, Broken, Document, Expression, Group, Path, RuleThing, Thing } from "../subject.ts";
import { isRecord, type Json, list, record, text, texts } from "./json.ts";

export interface GroupsOptions {
  readonly resource: string;
  readonly document?: Document;
  readonly path: Path;
  readonly reader: ExpressionReader;
  readonly tenant?: string;
  /** Which language rules are in, where nothing in them says it. */
  readonly language?: "promql" | "logql";
  /** What is allowed at a path. */
  readonly allowed?: (path: Path) => readonly Allow[];
  readonly within?: Thing;
}

export interface ReadGroups {
  readonly groups: Group[];
  readonly broken: Broken[];
}

/** The rule groups of a list, and what is wrong with those that make no sense. */
export function readGroups(value: unknown, options: GroupsOptions): ReadGroups {
  const groups: Group[] = [];
  const broken: Broken[] = [];
  const names = new Set<string>();
  const written = list(value);
  if (!Array.isArray(value)) broken.push(problem(options, options.path, "groups", "`groups` is no list"));
  const language = options.language ?? languageOf(written, options.reader);
  written.forEach((group, at) => {
    const path = [...options.path, at];
    if (!isRecord(group)) {
      broken.push(problem(options, path, `group ${at + 1}`, "a rule group is a mapping with `name` and `rules`"));
      return;
    }
    const name = text(group["name"]) ?? "";
    const where = `group ${name || at + 1}`;
    const say = (message: string): unknown => broken.push(problem(options, path, where, message));
    if (name === "") say("the group has no name");
    else if (names.has(name)) say(`two groups are called ${name}: a ruler refuses the file`);
    names.add(name);
    for (const key of Object.keys(group)) if (!groupFields.has(key)) say(`a rule group has no field \`${key}\``);
    groups.push(readGroup(group, { ...options, path, where, name, language, broken }));
  });
  return { groups, broken };
}

interface OneGroup extends GroupsOptions {
  readonly where: string;
  readonly name: string;
  readonly language: "promql" | "logql";
  readonly broken: Broken[];
}

const groupFields: ReadonlySet<string> = new Set([
  ..."name interval query_offset limit rules labels source_tenants evaluation_delay".split(" "),
  ..."align_evaluation_time_on_interval partial_response_strategy remote_write".split(" "),
]);
const ruleFields: ReadonlySet<string> = new Set("record alert expr for keep_firing_for labels annotations".split(" "));

function readGroup(written: Json, options: OneGroup): Group {
  const { name, where, path, resource, document, language, tenant, allowed, within } = options;
  const interval = durationText(written["interval"]);
  const tenants = list(written["source_tenants"]).filter((item): item is string => typeof item === "string");
  const rules: RuleThing[] = [];
  const group: Group = {
    resource,
    where,
    path,
    ...(document && { document }),
    ...(within && { within }),
    allow: allowed?.(path) ?? [],
    name,
    ...(interval !== undefined && { interval }),
    ...(tenants.length > 0 && { sourceTenants: tenants }),
    ...(tenant !== undefined && { tenant }),
    language,
    rules,
  };
  const common = written["labels"] === undefined ? noTexts : texts(written["labels"]);
  // Where nothing is looked up by it, a way of its own for each of very many rules would only take room.
  const looksUp = document !== undefined || allowed !== undefined;
  list(written["rules"]).forEach((rule, at) => {
    const ownPath = looksUp ? [...path, "rules", at] : path;
    const read = readRule(rule, { options, path: ownPath, group, common, number: at + 1 });
    if (read) rules.push(read);
  });
  return group;
}

interface OneRule {
  readonly options: OneGroup;
  readonly path: Path;
  readonly group: Group;
  readonly common: Readonly<Record<string, string>>;
  readonly number: number;
}

function readRule(written: unknown, { options, path, group, common, number }: OneRule): RuleThing | undefined {
  const rule = record(written);
  const recorded = text(rule["record"]);
  const name = recorded ?? text(rule["alert"]);
  const where =
    name === undefined ? `rule ${number} of ${group.where}` : `${recorded === undefined ? "alert" : "rule"} ${name}`;
  const problems = problemsOf(rule);
  for (const message of problems) options.broken.push(problem(options, path, where, message));
  const expr = exprOf(rule);
  if (name === undefined || expr === undefined || problems.includes(bothOrNone)) return undefined;
  const expression = expressionOf(expr, path, where, options);
  const read: RuleThing = {
    resource: options.resource,
    where,
    document: options.document,
    path,
    allow: options.allowed?.(path) ?? none,
    within: group,
    kind: recorded === undefined ? "alert" : "record",
    name,
    for: durationText(rule["for"]),
    keepFiringFor: durationText(rule["keep_firing_for"]),
    labels: labelled(common, rule["labels"]),
    annotations: rule["annotations"] === undefined ? noTexts : texts(rule["annotations"]),
    expression,
    group,
  };
  // A rule and its expression know each other.
  expression.rule = read;
  expression.within = read;
  return read;
}

const bothOrNone = "a rule has either `record` or `alert`";

/** What is wrong with how a rule is written. */
function problemsOf(rule: Json): readonly string[] {
  const problems: string[] = [];
  for (const key in rule) if (!ruleFields.has(key)) problems.push(`a rule has no field \`${key}\``);
  const isRecord = text(rule["record"]) !== undefined;
  if (isRecord === (text(rule["alert"]) !== undefined)) return [...problems, bothOrNone];
  if (exprOf(rule) === undefined) return [...problems, "the rule has no `expr`"];
  if (!isRecord) return problems;
  if (rule["for"] !== undefined) problems.push("a recording rule has no `for`");
  if (rule["keep_firing_for"] !== undefined) problems.push("a recording rule has no `keep_firing_for`");
  if (rule["annotations"] !== undefined) problems.push("a recording rule has no `annotations`");
  return problems;
}

function exprOf(rule: Json): string | undefined {
  const expr = rule["expr"];
  if (typeof expr === "number") return String(expr);
  return typeof expr === "string" && /\S/u.test(expr) ? expr : undefined;
}

type OpenExpression = { -readonly [Key in keyof Expression]: Expression[Key] };

function expressionOf(
  expr: string,
  path: Path,
  where: string,
  { resource, document, language, reader }: OneGroup,
): OpenExpression {
  const { promql, logql, traceql, tree } = reader.read({ language, text: expr, dashboard: false });
  // Always of one shape: there may be very many.
  return {
    resource,
    where,
    document,
    // Where no document is to point into, it is found where its rule is.
    path: document ? [...path, "expr"] : path,
    allow: none,
    within: undefined,
    language,
    text: expr,
    promql,
    logql,
    traceql,
    tree,
    dashboard: false,
    rule: undefined,
  };
}

const noTexts: Readonly<Record<string, string>> = {};

function labelled(common: Readonly<Record<string, string>>, labels: unknown): Readonly<Record<string, string>> {
  if (labels === undefined) return common;
  return common === noTexts ? texts(labels) : { ...common, ...texts(labels) };
}

const none: readonly Allow[] = [];

function durationText(value: unknown): string | undefined {
  return typeof value === "number" ? String(value) : text(value);
}

/** Rules for Loki look like those for Prometheus: the expressions tell. */
function languageOf(groups: readonly unknown[], reader: ExpressionReader): "promql" | "logql" {
  for (const group of groups) {
    for (const rule of list(record(group)["rules"])) {
      const expr = text(record(rule)["expr"]);
      if (expr?.includes("{") !== true) continue;
      // PromQL has no `|` but inside quotes.
      if (expr.replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*'/gu, "").includes("|")) return "logql";
      if (!/\}\s*\[/u.test(expr)) continue;
      const asked = { text: expr, dashboard: false };
      const isPromql = reader.read({ ...asked, language: "promql" }).promql?.ok === true;
      if (!isPromql && reader.read({ ...asked, language: "logql" }).logql?.ok === true) return "logql";
    }
  }
  return "promql";
}

function problem(
  { resource, document, allowed }: Pick<GroupsOptions, "resource" | "document" | "allowed">,
  path: Path,
  where: string,
  message: string,
): Broken {
  return { resource, where, path, ...(document && { document }), allow: allowed?.(path) ?? [], message };
}
