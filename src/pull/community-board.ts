import { type BoardResource, checkedResource, folderPrefix, isBoardResource } from "../bundle.ts";
import { buildBoard } from "../dashboards/board.ts";
import { withKinds } from "../dashboards/resource.ts";
import { viewsOf } from "../datasources/views.ts";
import type { Fleet } from "../fleet/model.ts";
import { placeRoles } from "../labels.ts";
import { plain } from "../names.ts";
import type { PulledDashboard } from "../pulled.ts";
import { clusterAware, type Rewritten } from "./cluster-aware.ts";

export interface ImportedBoard extends PulledDashboard {
  /** What a person has to look at: what could not be made to tell clusters apart, or has no counterpart in the fleet. */
  readonly notes: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;
type Language = "prometheus" | "loki" | "tempo";

/**
 * A board from a file, at home in the fleet: reads the fleet's data sources, has its variables of the place before its own,
 * and each of its queries is narrowed by them.
 * @throws {Error} where it is no board, or one in a model that can't be read.
 */
export function importBoard(
  given: unknown,
  { fleet, project, file }: { readonly fleet: Fleet; readonly project: string; readonly file: string },
): ImportedBoard {
  const model = resourceOf(given) ?? modelOf(given, file);
  const [view] = viewsOf(fleet, fleet.name);
  if (!view) throw new Error("the fleet has no clusters to look at");
  const place = placeVariables(fleet, view);
  const notes: string[] = [];
  const importer = new Importer(fleet, view.sources, notes);
  const dashboard = isBoardResource(model)
    ? checkedResource(importer.resource(checkedResource(model), place))
    : importer.board(model, place);
  return { folder: `${folderPrefix(project)}${view.id}`, dashboard, notes: [...new Set(notes)] };
}

/** A board of the model 2: as a resource, or what is in one, as Grafana's settings show it. */
function resourceOf(given: unknown): BoardResource | undefined {
  const outer = recordOf(given);
  const spec = "elements" in outer ? outer : recordOf(outer["spec"]);
  if (!("elements" in spec)) return undefined;
  // Of the two versions only the older one calls a transformation by its own name.
  const older = /"transformations":\[\{"kind":"(?!Transformation")/u.test(JSON.stringify(spec));
  const { apiVersion = `dashboard.grafana.app/${older ? "v2beta1" : "v2"}`, metadata } = outer;
  const name = uidOf({ uid: recordOf(metadata)["name"], title: spec["title"] });
  return { apiVersion: String(apiVersion), kind: "Dashboard", metadata: { name }, spec };
}

/** Of a download, of what the API answers, or of a Kubernetes object. */
function modelOf(given: unknown, file: string): Json {
  const outer = recordOf(given);
  const inner = recordOf(outer["dashboard"] ?? outer["spec"] ?? outer);
  const model = outer["spec"] === undefined ? inner : { uid: recordOf(outer["metadata"])["name"], ...inner };
  if (Array.isArray(model["rows"]) && !Array.isArray(model["panels"])) {
    throw new Error(`${file} is older than Grafana 5: import it into a Grafana, save it there, and pull that`);
  }
  if (typeof model["title"] !== "string" || !Array.isArray(model["panels"])) {
    throw new Error(`${file} is no board: a board has a title and panels`);
  }
  return model;
}

function placeVariables(fleet: Fleet, view: ReturnType<typeof viewsOf>[number]): Json[] {
  const empty = buildBoard({ uid: "x", title: "x", description: "", tags: [], rows: () => [] }, { fleet, view });
  const { templating } = plain(empty, fleet, fleet.name, { clusters: view.clusters, view });
  return (templating.list ?? []) as unknown as Json[];
}

class Importer {
  private readonly fleet: Fleet;
  private readonly sources: Readonly<Partial<Record<"metrics" | "logs" | "traces", string>>>;
  private readonly notes: string[];
  /** What stands for what: inputs of an export, and variables that choose a data source. */
  private readonly named = new Map<string, { readonly type: string; readonly uid: string }>();
  private readonly constants = new Map<string, string>();

  constructor(fleet: Fleet, sources: Importer["sources"], notes: string[]) {
    this.fleet = fleet;
    this.sources = sources;
    this.notes = notes;
  }

  board(model: Json, place: readonly Json[]): Json {
    const { __inputs, __requires, __elements, id: _id, version: _version, iteration: _iteration, ...rest } = model;
    this.readInputs(listOf(__inputs));
    if (Object.keys(recordOf(__elements)).length > 0) {
      this.notes.push("it uses library panels, which do not come along: unlink them in Grafana before the export");
    }
    const variables = listOf(recordOf(rest["templating"])["list"]);
    this.readSourceVariables(variables);
    const own = variables.filter(({ name }) => this.stays(String(name), place));
    const dashboard = this.substituted({
      ...rest,
      templating: { list: [...place, ...own.map((one) => this.variable(one))] },
      annotations: { list: listOf(recordOf(rest["annotations"])["list"]).map((one) => this.annotation(one)) },
      panels: listOf(rest["panels"]).map((panel) => this.panel(panel)),
    }) as Json;
    return { ...dashboard, uid: uidOf(model) };
  }

  /** The same of a board of the model 2. What it knows of tabs and of what is shown when stays as it is. */
  resource({ spec, ...board }: BoardResource, place: readonly Json[]): BoardResource {
    const { variables, elements, annotations, ...rest } = spec as Json;
    const inside = (variable: Json): Json => recordOf(variable["spec"]);
    this.readSourceVariables(
      listOf(variables)
        .filter(({ kind }) => kind === "DatasourceVariable")
        .map((one) => ({ type: "datasource", name: inside(one)["name"], query: inside(one)["pluginId"] })),
    );
    const own = listOf(variables).filter((one) => this.stays(String(inside(one)["name"]), place));
    const read = {
      ...rest,
      variables: [...place.map(asResource), ...own.map((one) => this.resourceVariable(one))],
      annotations: listOf(annotations).map((one) =>
        this.queriesIn(one, `annotation ${String(recordOf(one["spec"])["name"])}`),
      ),
      elements: Object.fromEntries(
        Object.entries(recordOf(elements)).map(([key, element]) => {
          const { title } = recordOf(recordOf(element)["spec"]);
          const where = typeof title === "string" && title !== "" ? title : key;
          if (recordOf(element)["kind"] === "LibraryPanel") {
            this.notes.push(`${where}: is a library panel, which does not come along`);
          }
          return [key, this.queriesIn(element, where)];
        }),
      ),
    };
    return { ...board, spec: this.substituted(read) as object };
  }

  private queriesIn<T>(part: T, where: string): T {
    return withKinds(part, (query) => {
      const { kind, group, spec, datasource } = query;
      if (kind !== "DataQuery" || group === "grafana" || group === "datasource") return query;
      const { datasource: read, ...asked } = this.target(
        { ...recordOf(spec), datasource: { type: group, uid: recordOf(datasource)["name"] } },
        undefined,
        where,
      );
      return { ...query, datasource: { name: recordOf(read)["uid"] }, spec: asked };
    });
  }

  private resourceVariable(variable: Json): Json {
    const spec = recordOf(variable["spec"]);
    if (variable["kind"] !== "QueryVariable") return variable;
    const query = recordOf(spec["query"]);
    const { datasource, ...changed } = this.variable({
      ...spec,
      type: "query",
      datasource: { type: query["group"], uid: recordOf(query["datasource"])["name"] },
      query: query["spec"],
    });
    const { type: _, query: asked, ...rest } = changed;
    return {
      ...variable,
      spec: { ...rest, query: { ...query, datasource: { name: recordOf(datasource)["uid"] }, spec: asked } },
    };
  }

  /** What the fleet's own variables, and its data sources, take the place of, goes. */
  private stays(name: string, place: readonly Json[]): boolean {
    const gives = place.some((one) => one["name"] === name);
    if (gives) this.notes.push(`its variable ${name} gives way to the fleet's`);
    return !gives && !this.named.has(name);
  }

  private readInputs(inputs: readonly Json[]): void {
    for (const input of inputs) {
      const name = String(input["name"]);
      if (input["type"] === "datasource") {
        const source = this.ofType(input["pluginId"]);
        if (source) this.named.set(name, source);
        else
          this.notes.push(
            `\${${name}} is a data source of the kind ${String(input["pluginId"])}, of which the fleet has none: name one by its uid`,
          );
      } else this.constants.set(name, typeof input["value"] === "string" ? input["value"] : "");
    }
  }

  private readSourceVariables(variables: readonly Json[]): void {
    for (const one of variables.filter(({ type }) => type === "datasource")) {
      const source = this.ofType(one["query"]);
      if (source) this.named.set(String(one["name"]), source);
    }
  }

  private ofType(type: unknown): { readonly type: Language; readonly uid: string } | undefined {
    const uid = { prometheus: this.sources.metrics, loki: this.sources.logs, tempo: this.sources.traces }[String(type)];
    return uid === undefined ? undefined : { type: type as Language, uid };
  }

  /** The fleet's source that is meant, or what stood there. */
  private source(given: unknown, where: string): unknown {
    if (given === null || given === undefined) return this.ofType("prometheus");
    const uid = typeof given === "string" ? given : recordOf(given)["uid"];
    const name = typeof uid === "string" ? nameIn(uid) : undefined;
    if (name !== undefined) {
      const known = this.named.get(name);
      if (!known) this.notes.push(`${where}: nobody knows the data source \${${name}}`);
      return known ?? given;
    }
    const type = recordOf(given)["type"];
    if (uid === "-- Mixed --" || uid === "-- Dashboard --" || uid === "-- Grafana --" || uid === "grafana")
      return given;
    if (type === "grafana" || type === "datasource") return given;
    const mapped = this.ofType(type ?? "prometheus");
    if (!mapped) this.notes.push(`${where}: the fleet has no data source of the kind ${String(type)}`);
    else if (typeof given === "string" && given !== "" && given !== "default") {
      this.notes.push(`${where}: the data source "${given}" is taken to be the fleet's metrics`);
    }
    return mapped ?? given;
  }

  private panel(panel: Json): Json {
    const title =
      typeof panel["title"] === "string" && panel["title"] !== "" ? panel["title"] : `panel ${String(panel["id"])}`;
    const targets = listOf(panel["targets"]);
    if (panel["libraryPanel"] !== undefined) this.notes.push(`${title}: is a library panel, which does not come along`);
    const nested = listOf(panel["panels"]).map((one) => this.panel(one));
    const source =
      targets.length === 0 && panel["datasource"] === undefined ? undefined : this.source(panel["datasource"], title);
    return {
      ...panel,
      ...(source !== undefined && { datasource: source }),
      ...(panel["panels"] !== undefined && { panels: nested }),
      ...(panel["targets"] !== undefined && { targets: targets.map((target) => this.target(target, source, title)) }),
    };
  }

  private target(target: Json, inherited: unknown, where: string): Json {
    const source =
      target["datasource"] === undefined || target["datasource"] === null
        ? inherited
        : this.source(target["datasource"], where);
    const { expr } = target;
    if (typeof expr !== "string" || expr.trim() === "") {
      if (recordOf(source)["type"] === "tempo")
        this.notes.push(`${where}: a query on traces is not narrowed by the fleet's filters`);
      return { ...target, ...(source !== undefined && { datasource: source }) };
    }
    const { text, grouped } = this.rewritten(expr, languageOf(source), where);
    const { legendFormat } = target;
    const cluster = `{{${this.fleet.labels.cluster}}}`;
    const tells = typeof legendFormat === "string" && legendFormat.includes("{{") && !legendFormat.includes(cluster);
    return {
      ...target,
      ...(source !== undefined && { datasource: source }),
      expr: text,
      // Two clusters' lines of one name could not be told apart.
      ...(tells && grouped && { legendFormat: `${cluster} ${legendFormat}` }),
    };
  }

  private rewritten(expr: string, language: Language, where: string): Rewritten {
    const labels = placeRoles
      .filter((role) => !this.fleet.derived.includes(role))
      .map((role) => ({
        label: this.fleet.labels[role],
        variable: role,
      }));
    const resolved = expr.replaceAll(/\$\{(\w+)\}/gu, (whole, name: string) => this.constants.get(name) ?? whole);
    const { text, problem, grouped } = clusterAware(resolved, { labels, cluster: this.fleet.labels.cluster, language });
    if (problem !== undefined) this.notes.push(`${where}: ${problem}, so it is as it was: ${shortened(expr)}`);
    return { text, grouped };
  }

  private variable(variable: Json): Json {
    if (variable["type"] !== "query") return variable;
    const where = `variable ${String(variable["name"])}`;
    const source = this.source(variable["datasource"], where);
    const language = languageOf(source);
    const asked = (query: string): string => {
      const [, call = "", inner = "", label = ""] =
        /^\s*(label_values|query_result)\(\s*(.*?)\s*(,\s*[\w.]+\s*)?\)\s*$/su.exec(query) ?? [];
      if (call === "" || (call === "label_values" && label === "")) {
        this.notes.push(`${where}: its values are those of all clusters: ${shortened(query)}`);
        return query;
      }
      return `${call}(${this.rewritten(inner, language, where).text}${label})`;
    };
    const { query, definition, ...rest } = variable;
    const text = typeof query === "string" ? query : recordOf(query)["query"];
    if (typeof text !== "string" || language === "tempo") return { ...variable, datasource: source };
    const own = asked(text);
    return {
      ...rest,
      datasource: source,
      query: typeof query === "string" ? own : { ...recordOf(query), query: own },
      ...(typeof definition === "string" && { definition: own }),
    };
  }

  private annotation(annotation: Json): Json {
    const where = `annotation ${String(annotation["name"])}`;
    if (annotation["builtIn"] === 1) return annotation;
    const source = this.source(annotation["datasource"], where);
    const { expr, target } = annotation;
    const inner = recordOf(target)["expr"];
    return {
      ...annotation,
      datasource: source,
      ...(typeof expr === "string" && expr !== "" && { expr: this.rewritten(expr, languageOf(source), where).text }),
      ...(typeof inner === "string" &&
        inner !== "" && {
          target: { ...recordOf(target), expr: this.rewritten(inner, languageOf(source), where).text },
        }),
    };
  }

  /** In links and texts an input may be named too. */
  private substituted(value: unknown): unknown {
    if (typeof value === "string") {
      return value.replaceAll(
        /\$\{(\w+)\}/gu,
        (whole, name: string) => this.named.get(name)?.uid ?? this.constants.get(name) ?? whole,
      );
    }
    if (Array.isArray(value)) return value.map((item) => this.substituted(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.substituted(item)]));
  }
}

/** A variable of the classic model that asks for labels' values, in the words of the other. */
function asResource({ name, label, datasource, query, allValue, current, multi, includeAll }: Json): Json {
  const { text, value } = recordOf(current);
  return {
    kind: "QueryVariable",
    spec: {
      name,
      ...(label !== undefined && { label }),
      query: {
        kind: "DataQuery",
        group: recordOf(datasource)["type"],
        version: "v0",
        datasource: { name: recordOf(datasource)["uid"] },
        spec: query,
      },
      current: { text, value },
      ...(allValue !== undefined && { allValue }),
      multi,
      includeAll,
      allowCustomValue: true,
      hide: "dontHide",
      refresh: "onTimeRangeChanged",
      sort: "alphabeticalAsc",
      regex: "",
      options: [],
      skipUrlSync: false,
    },
  };
}

function languageOf(source: unknown): Language {
  const type = recordOf(source)["type"];
  return type === "loki" || type === "tempo" ? type : "prometheus";
}

/** `DS_PROMETHEUS` of `${DS_PROMETHEUS}`, `$DS_PROMETHEUS` and `[[DS_PROMETHEUS]]`. */
function nameIn(text: string): string | undefined {
  const [, braced, bare, old] = /^(?:\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\])$/u.exec(text) ?? [];
  return braced ?? bare ?? old;
}

/** Its own where it has one that Grafana takes, else one from its title. */
function uidOf({ uid, title }: Json): string {
  if (typeof uid === "string" && /^[\w-]{1,40}$/u.test(uid)) return uid;
  const slug = String(title)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "")
    .slice(0, 40)
    .replace(/-+$/u, "");
  return slug === "" ? "board" : slug;
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ");
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

function recordOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}
