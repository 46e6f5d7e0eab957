import { knownKeys } from "../alertmanager.ts";
import type { ExpressionReader } from "../expressions.ts";
import { commentsIn } from "../silence.ts";
import type { Allow, Board, Broken, DataSourceThing, Document, Group, Path, Routing, Thing } from "../subject.ts";
import { looksLikeBoard, readBoard } from "./boards.ts";
import { type ParsedDocument, readDocuments, readInner } from "./document.ts";
import { readGroups } from "./groups.ts";
import { isRecord, type Json, list, record, text } from "./json.ts";

export interface InputFile {
  /** As messages name it. */
  readonly file: string;
  readonly text: string;
}

/** What there is to lint in files. */
export interface Parts {
  readonly groups: Group[];
  readonly boards: Board[];
  readonly dataSources: DataSourceThing[];
  readonly routings: Routing[];
  readonly broken: Broken[];
}

export interface ReadFiles extends Parts {
  /** Files in which there is nothing of all this. */
  readonly others: string[];
}

export interface FilesOptions {
  readonly reader: ExpressionReader;
  /** Which language rules are in; by default each file's expressions tell. */
  readonly language?: "promql" | "logql";
}

/**
 * Reads rule files of Prometheus, Mimir and Loki, PrometheusRule, dashboards (alone, in a ConfigMap, as Grafana's own
 * resource), Alertmanager configuration and data source provisioning. A broken file is one of the findings, and the
 * others are read.
 */
export function readFiles(files: readonly InputFile[], options: FilesOptions): ReadFiles {
  const parts: ReadFiles = { groups: [], boards: [], dataSources: [], routings: [], broken: [], others: [] };
  for (const { file, text: written } of files) {
    const { documents, problems } = readDocuments(file, written);
    if (!file.endsWith(".json") && (hasTemplate.test(written) || (problems.length > 0 && templateLine.test(written)))) {
      parts.others.push(file);
      continue;
    }
    for (const { message, ...place } of problems) parts.broken.push({ ...wholeFile(file), message, ...place });
    let known = problems.length > 0;
    for (const document of documents) {
      const reader = new DocumentReader(document, parts, options);
      known = reader.read(document.value, []) || known;
    }
    if (!known) parts.others.push(file);
  }
  return parts;
}

/**
 * Helm's, Jinja's and Nomad's templates are no YAML before they are rendered. What an alert says is a template as well, and stands
 * in quotes or in a block of lines.
 */
const templateLine = /^\s*\{\{-?\s/mu;
/** A value that is none of an alert's, without quotes: YAML would make a mapping of it. */
const hasTemplate =
  /^[^"'#\n]*[:-][ \t]+\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities|Files)\b|\$\.|(?:include|template|tpl|toYaml|env|key|keyOrDefault|secret)\b|[a-z_][\w.]*\s*(?:\||\}\}))/mu;

function wholeFile(file: string): Thing {
  return {
    resource: file,
    where: "file",
    path: [],
    allow: [],
    document: { file, locate: () => undefined, exact: () => undefined },
  };
}

class DocumentReader {
  private readonly parsed: ParsedDocument;
  private readonly document: Document;
  private readonly parts: Parts;
  private readonly options: FilesOptions;

  constructor(parsed: ParsedDocument, parts: Parts, options: FilesOptions) {
    this.parsed = parsed;
    this.document = parsed.document;
    this.parts = parts;
    this.options = options;
  }

  /** Is it something that can be linted? */
  read(value: unknown, path: Path): boolean {
    if (!isRecord(value)) return false;
    const { kind, spec } = value;
    const apiVersion = text(value["apiVersion"]) ?? "";
    if (kind === "PrometheusRule") return this.groups(record(spec)["groups"], [...path, "spec", "groups"]);
    if (kind === "ConfigMap") return this.configMap(value, path, "data");
    if (kind === "Secret") return this.configMap(value, path, "stringData");
    if (kind === "List" || (typeof kind === "string" && kind.endsWith("List"))) {
      return list(value["items"])
        .map((item, at) => this.read(item, [...path, "items", at]))
        .some(Boolean);
    }
    if (apiVersion.startsWith("dashboard.grafana.app/") && isRecord(spec)) {
      return this.board(spec, [...path, "spec"], text(record(value["metadata"])["name"]));
    }
    if (kind === "GrafanaDashboard" && text(record(spec)["json"]) !== undefined) {
      return this.inner([...path, "spec", "json"], "dashboard.json", text(record(spec)["json"]) ?? "");
    }
    if (isRecord(value["dashboard"]) && looksLikeBoard(value["dashboard"])) {
      return this.board(value["dashboard"], [...path, "dashboard"]);
    }
    if (looksLikeBoard(value)) return this.board(value, path);
    if (isRuleFile(value)) {
      return this.groups(value["groups"], [...path, "groups"]);
    }
    if (Array.isArray(value["datasources"])) return this.dataSources(value["datasources"], [...path, "datasources"]);
    if (isRouting(value)) {
      this.parts.routings.push({ ...this.thing("Alertmanager configuration", path), config: value });
      return true;
    }
    const embedded = text(value["alertmanager_config"]);
    return embedded !== undefined && this.inner([...path, "alertmanager_config"], "alertmanager.yaml", embedded);
  }

  private thing(where: string, path: Path): Thing {
    const { file } = this.document;
    return { resource: file, where, path, document: this.document, allow: this.comments.file };
  }

  private groups(value: unknown, path: Path): boolean {
    const { file } = this.document;
    const within = this.thing("file", path);
    const { groups, broken } = readGroups(value, {
      resource: file,
      document: this.document,
      path,
      reader: this.options.reader,
      ...(this.options.language !== undefined && { language: this.options.language }),
      allowed: (at) => this.comments.at.get(at.join("/")) ?? [],
      within,
    });
    this.parts.groups.push(...groups);
    this.parts.broken.push(...broken);
    return true;
  }

  /** What comments allow, by the path of the rule or group that they stand at. */
  private get comments(): { readonly file: readonly Allow[]; readonly at: ReadonlyMap<string, readonly Allow[]> } {
    this.known ??= this.readComments();
    return this.known;
  }

  private known: { readonly file: readonly Allow[]; readonly at: ReadonlyMap<string, readonly Allow[]> } | undefined;

  private readComments(): NonNullable<DocumentReader["known"]> {
    const comments = this.document.file.endsWith(".json") ? [] : commentsIn(this.parsed.text);
    const file: Allow[] = [];
    const at = new Map<string, Allow[]>();
    if (comments.length === 0) return { file, at };
    const root = isRecord(record(this.parsed.value)["spec"]) ? ["spec", "groups"] : ["groups"];
    const groups = this.parsed.value === null ? [] : list(pick(this.parsed.value, root));
    const places = groups.flatMap((group, index) => {
      const path = [...root, index];
      const rules = this.parsed.span([...path, "rules"])?.[0];
      const each = list(record(group)["rules"]).map((_, rule) => {
        const own = [...path, "rules", rule];
        return { key: own.join("/"), end: this.parsed.span(own)?.[1] ?? -1 };
      });
      // What stands after `rules:` is about the first of them.
      const end = rules === undefined ? -1 : this.parsed.text.lastIndexOf("rules", rules);
      return [{ key: path.join("/"), end }, ...each];
    });
    const [head] = this.parsed.span(root) ?? [0];
    for (const one of comments) {
      const place = one.at < head ? undefined : places.find(({ end }) => one.at < end);
      if (one.at < head) file.push(...one.allow);
      else if (place) at.set(place.key, [...(at.get(place.key) ?? []), ...one.allow]);
      else file.push(...one.allow);
    }
    return { file, at };
  }

  private board(json: Json, path: Path, uid?: string): boolean {
    const { file } = this.document;
    this.parts.boards.push(
      readBoard(json, {
        resource: file,
        document: this.document,
        path,
        reader: this.options.reader,
        allow: this.comments.file,
        ...(uid !== undefined && json["uid"] === undefined && { uid }),
      }),
    );
    return true;
  }

  private dataSources(written: readonly unknown[], path: Path): boolean {
    written.forEach((item, at) => {
      const source = record(item);
      const json = record(source["jsonData"]);
      const secret = record(source["secureJsonData"]);
      const header = Object.entries(json).find(
        ([key, name]) => key.startsWith("httpHeaderName") && String(name).toLowerCase() === "x-scope-orgid",
      )?.[0];
      const value = header === undefined ? undefined : text(secret[header.replace("Name", "Value")]);
      const name = text(source["name"]) ?? "";
      this.parts.dataSources.push({
        ...this.thing(`data source ${name}`, [...path, at]),
        uid: text(source["uid"]) ?? "",
        name,
        type: text(source["type"]) ?? "",
        // `$VARIABLE` is filled in when Grafana starts.
        ...(value !== undefined && !value.includes("$") && { tenants: value.split("|") }),
      });
    });
    return true;
  }

  private configMap(value: Json, path: Path, key: "data" | "stringData"): boolean {
    return Object.entries(record(value[key]))
      .map(([name, content]) =>
        typeof content === "string" && /\.(?:json|ya?ml)$/u.test(name)
          ? this.inner([...path, key, name], name, content)
          : false,
      )
      .some(Boolean);
  }

  private inner(path: Path, name: string, content: string): boolean {
    const { documents, problems } = readInner(this.parsed, path, name, content);
    const { file } = this.document;
    for (const { message, ...place } of problems) this.parts.broken.push({ ...wholeFile(file), message, ...place });
    return (
      documents
        .map((document) => new DocumentReader(document, this.parts, this.options).read(document.value, []))
        .some(Boolean) || problems.length > 0
    );
  }
}

/** Grafana's own rules say their version, and other programs have groups of other things. */
function isRuleFile({ groups, kind, apiVersion, ...others }: Json): boolean {
  if (groups === undefined || kind !== undefined || apiVersion !== undefined) return false;
  const all = list(groups).map(record);
  if (all.some((group) => list(group["rules"]).some((rule) => "expr" in record(rule)))) return true;
  const isAlone = Object.keys(others).every((key) => key === "namespace");
  return isAlone && (all.length === 0 || all.some((group) => "rules" in group || "interval" in group));
}

/** Of other programs, receivers are no list of names, or stand beside other things. */
function isRouting(value: Json): boolean {
  const [first] = list(value["receivers"]);
  if (text(record(first)["name"]) === undefined) return false;
  return isRecord(value["route"]) || Object.keys(value).every((key) => knownKeys.configuration.has(key));
}

function pick(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => record(at)[key], value);
}
