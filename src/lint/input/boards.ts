import type { ExpressionReader } from "../expressions.ts";
import type { Allow, Board, Document, Expression, Panel, Path, SourceRef, Thing, Variable } from "../subject.ts";
import { allowsIn, allowsInText } from "../silence.ts";
import { isRecord, type Json, list, record, text } from "./json.ts";

export interface BoardOptions {
  readonly resource: string;
  readonly document?: Document;
  readonly path: Path;
  readonly reader: ExpressionReader;
  readonly allow?: readonly Allow[];
  /** What is allowed for the panel of a title, besides what the panel says itself. */
  readonly allowed?: (title: string) => readonly Allow[];
  readonly uid?: string;
}

/** Reads a dashboard: Grafana's classic model, or schema version 2. */
export function readBoard(json: Json, options: BoardOptions): Board {
  return isRecord(json["elements"]) ? new Reader(options).second(json) : new Reader(options).classic(json);
}

export function looksLikeBoard(json: Json): boolean {
  return (
    (Array.isArray(json["panels"]) && (json["title"] !== undefined || json["schemaVersion"] !== undefined)) ||
    (Array.isArray(json["rows"]) && json["title"] !== undefined) ||
    (isRecord(json["elements"]) && json["layout"] !== undefined)
  );
}

/** Kinds of panel that draw no number: lines, traces and graphs of them. */
const withoutNumbers: ReadonlySet<string> = new Set(
  "row text logs traces nodeGraph alertlist dashlist news welcome annolist datagrid".split(" "),
);

interface WrittenQuery {
  readonly path: Path;
  readonly refId: string;
  readonly source: SourceRef;
  readonly query: Json;
  readonly textKey?: string;
}

class Reader {
  private readonly options: BoardOptions;

  constructor(options: BoardOptions) {
    this.options = options;
  }

  classic(json: Json): Board {
    const { path } = this.options;
    const [panels, variables, links]: [Panel[], Variable[], (Thing & { readonly url: string })[]] = [[], [], []];
    const board = this.board(json, { panels, variables, links });
    list(record(json["templating"])["list"]).forEach((item, at) => {
      const variable = record(item);
      const query: unknown = variable["query"];
      variables.push(
        this.variable(board, [...path, "templating", "list", at], {
          name: text(variable["name"]) ?? "",
          type: text(variable["type"]) ?? "",
          multi: variable["multi"] === true || variable["includeAll"] === true,
          query: text(query) ?? text(record(query)["query"]) ?? text(record(query)["expr"]) ?? "",
          source: sourceOf(variable["datasource"]),
        }),
      );
    });
    const walk = (items: unknown, at: Path): void => {
      list(items).forEach((item, index) => {
        const panel = record(item);
        const here = [...at, index];
        if (panel["panels"] !== undefined) walk(panel["panels"], [...here, "panels"]);
        if (panel["type"] !== "row") panels.push(this.classicPanel(panel, here, board));
        links.push(...this.linksOf(panel, here, board));
      });
    };
    walk(json["panels"], [...path, "panels"]);
    list(json["rows"]).forEach((row, at) => walk(record(row)["panels"], [...path, "rows", at, "panels"]));
    list(record(json["annotations"])["list"]).forEach((item, at) => {
      const annotation = record(item);
      const target = record(annotation["target"]);
      const [query, key] = text(target["expr"]) === undefined ? [annotation, []] : [target, ["target"]];
      const expression = this.expression(board, {
        path: [...path, "annotations", "list", at, ...key],
        refId: "",
        source: sourceOf(annotation["datasource"]),
        query,
      });
      if (expression) this.others.push({ ...expression, where: `annotation "${text(annotation["name"]) ?? ""}"` });
    });
    links.push(...this.linksOf({ links: json["links"] }, path, board));
    return board;
  }

  second(json: Json): Board {
    const { path } = this.options;
    const [panels, variables, links]: [Panel[], Variable[], (Thing & { readonly url: string })[]] = [[], [], []];
    const board = this.board(json, { panels, variables, links });
    list(json["variables"]).forEach((item, at) => {
      const { kind, spec } = record(item);
      const variable = record(spec);
      const query = record(variable["query"]);
      variables.push(
        this.variable(board, [...path, "variables", at, "spec"], {
          name: text(variable["name"]) ?? "",
          type: (text(kind) ?? "").replace(/Variable$/u, "").toLowerCase(),
          multi: variable["multi"] === true || variable["includeAll"] === true,
          query: text(record(query["spec"])["query"]) ?? text(record(query["spec"])["expr"]) ?? "",
          source: secondSource(query),
        }),
      );
    });
    for (const [key, element] of Object.entries(record(json["elements"]))) {
      const { kind, spec } = record(element);
      if (kind !== "Panel") continue;
      const panel = record(spec);
      const here = [...path, "elements", key, "spec"];
      const viz = record(panel["vizConfig"]);
      const data = record(record(panel["data"])["spec"]);
      const queries = list(data["queries"]).map((item, at): WrittenQuery => {
        const one = record(record(item)["spec"]);
        const query = record(one["query"]);
        return {
          path: [...here, "data", "spec", "queries", at, "spec", "query", "spec"],
          refId: text(one["refId"]) ?? "?",
          source: secondSource(query),
          query: record(query["spec"]),
        };
      });
      panels.push(
        this.panel(board, here, {
          json: panel,
          type: text(viz["group"]) ?? text(viz["kind"]) ?? "",
          fieldConfig: record(record(viz["spec"])["fieldConfig"]),
          queries,
        }),
      );
      links.push(...this.linksOf({ ...panel, fieldConfig: record(viz["spec"])["fieldConfig"] }, here, board));
    }
    list(json["annotations"]).forEach((item, at) => {
      const spec = record(record(item)["spec"]);
      const query = record(spec["query"]);
      const expression = this.expression(board, {
        path: [...path, "annotations", at, "spec", "query", "spec"],
        refId: "",
        source: secondSource(query),
        query: record(query["spec"]),
      });
      if (expression) this.others.push({ ...expression, where: `annotation "${text(spec["name"]) ?? ""}"` });
    });
    links.push(...this.linksOf({ links: json["links"] }, path, board));
    return board;
  }

  /** Expressions of variables and annotations: of the board, but of no panel. */
  private readonly others: Expression[] = [];

  private board(json: Json, parts: Pick<Board, "panels" | "variables" | "links">): Board {
    const { resource, document, path, allow = [], uid } = this.options;
    const title = text(json["title"]) ?? "";
    const { others } = this;
    return {
      resource,
      where: title === "" ? "board" : `board "${title}"`,
      path,
      ...(document && { document }),
      allow: [...allow, ...allowsIn(json["fleetglass"])],
      uid: uid ?? text(json["uid"]) ?? "",
      title,
      ...parts,
      others,
      texts: textsIn(json),
    };
  }

  private variable(
    board: Board,
    path: Path,
    {
      name,
      type,
      multi,
      query,
      source,
    }: Pick<Variable, "name" | "type" | "multi" | "query"> & { readonly source: SourceRef },
  ): Variable {
    const { resource, document } = this.options;
    const where = `variable $${name}`;
    const series =
      type === "query" ? /^(?:label_values\((.*),[^,]*\)|query_result\((.*)\))$/su.exec(query.trim()) : null;
    const expr = series?.[1] ?? series?.[2];
    if (expr !== undefined && expr.trim() !== "" && (source.type ?? "prometheus") === "prometheus") {
      const expression = this.expression(board, { path: [...path, "query"], refId: "", source, query: { expr } });
      if (expression) this.others.push({ ...expression, where });
    }
    return { resource, where, path, ...(document && { document }), allow: [], within: board, name, type, multi, query };
  }

  private classicPanel(json: Json, path: Path, board: Board): Panel {
    const own = json["datasource"];
    const queries = list(json["targets"]).map((item, at): WrittenQuery => {
      const query = record(item);
      return {
        path: [...path, "targets", at],
        refId: text(query["refId"]) ?? "?",
        source: sourceOf(query["datasource"] ?? own),
        query,
      };
    });
    return this.panel(board, path, {
      json,
      type: text(json["type"]) ?? "",
      fieldConfig: record(json["fieldConfig"]),
      source: sourceOf(own),
      queries,
    });
  }

  private panel(
    board: Board,
    path: Path,
    {
      json,
      type,
      fieldConfig,
      source,
      queries,
    }: {
      readonly json: Json;
      readonly type: string;
      readonly fieldConfig: Json;
      readonly source?: SourceRef;
      readonly queries: readonly WrittenQuery[];
    },
  ): Panel {
    const { resource, document } = this.options;
    const title = text(json["title"]) ?? "";
    const unit = text(record(fieldConfig["defaults"])["unit"]) ?? text(record(list(json["yaxes"])[0])["format"]);
    const { id } = json;
    const targets: Expression[] = [];
    const panel: Panel = {
      resource,
      where: `panel "${title}"`,
      path,
      ...(document && { document }),
      allow: [...allowsIn(json["fleetglass"]), ...(this.options.allowed?.(title) ?? [])],
      within: board,
      ...(typeof id === "number" && { id }),
      title,
      description: text(json["description"]) ?? "",
      type,
      ...(unit !== undefined && unit !== "" && { unit }),
      drawsNumbers: !withoutNumbers.has(type) && json["libraryPanel"] === undefined && queries.length > 0,
      ...(source && { source }),
      targets,
      board,
    };
    for (const query of queries) {
      const expression = this.expression(board, query, panel);
      if (expression) targets.push(expression);
    }
    return panel;
  }

  private expression(
    board: Board,
    { path, refId, source: written, query }: WrittenQuery,
    panel?: Panel,
  ): Expression | undefined {
    const { resource, document, reader } = this.options;
    const source = withType(written, board);
    const language = languageOf(source);
    if (language === undefined) return undefined;
    const key = language === "traceql" ? "query" : "expr";
    const expr = text(query[key]);
    if (expr === undefined || expr.trim() === "") return undefined;
    if (language === "traceql" && query["queryType"] !== undefined && query["queryType"] !== "traceql")
      return undefined;
    return {
      resource,
      where: `${panel?.where ?? board.where}${refId === "" ? "" : `, query ${refId}`}`,
      path: [...path, key],
      ...(document && { document }),
      allow: [...allowsIn(query["fleetglass"]), ...allowsInText(expr)],
      within: panel ?? board,
      language,
      text: expr,
      dashboard: true,
      ...reader.read({ language, text: expr, dashboard: true }),
      instant: query["instant"] === true && query["range"] !== true,
      ...(panel && { panel }),
      board,
      source,
    };
  }

  private linksOf(json: Json, path: Path, board: Board): (Thing & { readonly url: string })[] {
    const { resource, document } = this.options;
    const defaults = record(record(json["fieldConfig"])["defaults"]);
    const lists: readonly (readonly [unknown, Path])[] = [
      [json["links"], [...path, "links"]],
      [defaults["links"], [...path, "fieldConfig", "defaults", "links"]],
    ];
    return lists.flatMap(([links, at]) =>
      list(links).flatMap((link, index) => {
        const url = text(record(link)["url"]);
        if (url === undefined || url === "") return [];
        const where = `link "${text(record(link)["title"]) ?? url}"`;
        return [
          { resource, where, path: [...at, index], ...(document && { document }), allow: [], within: board, url },
        ];
      }),
    );
  }
}

function sourceOf(value: unknown): SourceRef {
  if (typeof value === "string") return { uid: value, ...(/loki/iu.test(value) && { type: "loki" }) };
  const { type, uid } = record(value);
  return { ...(typeof type === "string" && { type }), ...(typeof uid === "string" && { uid }) };
}

/** Of a source that a variable stands for, the variable says what it is. */
function withType(source: SourceRef, { variables }: Pick<Board, "variables">): SourceRef {
  if (source.type !== undefined) return source;
  const [, name] = /^\$\{?(\w+)\}?$/u.exec(source.uid ?? "") ?? [];
  const type = variables.find((one) => one.type === "datasource" && one.name === name)?.query;
  return type ? { ...source, type } : source;
}

function secondSource(query: Json): SourceRef {
  const type = text(query["group"]) ?? text(query["kind"]);
  const uid = text(record(query["datasource"])["name"]);
  return { ...(type !== undefined && { type }), ...(uid !== undefined && { uid }) };
}

function languageOf({ type, uid }: SourceRef): Expression["language"] | undefined {
  switch (type) {
    case "prometheus":
    case "grafana-amazonprometheus-datasource":
    case "grafana-azureprometheus-datasource":
      return "promql";
    case "loki":
      return "logql";
    case "tempo":
      return "traceql";
    case undefined:
      return uid?.startsWith("-- ") === true || uid === "grafana" ? undefined : "promql";
    default:
      return undefined;
  }
}

/** Every text but variables' definitions and what a library keeps for itself. */
function textsIn(json: Json): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === "string") found.push(value);
    else if (Array.isArray(value)) value.forEach(visit);
    else if (isRecord(value)) {
      for (const [key, item] of Object.entries(value)) {
        if (key === "repeat" && typeof item === "string") found.push(`$${item}`);
        else visit(item);
      }
    }
  };
  for (const [key, item] of Object.entries(json)) {
    if (key === "templating" || key === "variables") visit(definitions(item));
    else visit(item);
  }
  return found;
}

/** Of variables: what they ask, where they name each other; not what they are called. */
function definitions(value: unknown): unknown {
  const items = Array.isArray(value) ? value : list(record(value)["list"]);
  return items.map((item) => {
    const { query, definition, datasource, regex, filters, spec } = record(item);
    const inner = record(spec);
    return [query, definition, datasource, regex, filters, inner["query"], inner["regex"], inner["definition"]];
  });
}
