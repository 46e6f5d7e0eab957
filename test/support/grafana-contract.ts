import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import * as z from "zod";

/** One request and its answer, as they went over the wire. `route` is the path with its parameters in braces. */
export interface Exchange {
  readonly method: string;
  readonly route: string;
  readonly requestBody: unknown;
  readonly status: number;
  readonly answer: unknown;
}

/**
 * 13.3.0 stands for the 13.x releases that save dashboards through the API server: no OpenAPI document of these could be
 * had, so they are checked against that of 13.0.0. The release that brought the change is not known exactly.
 */
export type GrafanaVersion = "13.3.0" | "13.0.0" | "10.4.3";

const query = z.strictObject({
  refId: z.string(),
  queryType: z.string().optional(),
  relativeTimeRange: z.strictObject({ from: z.int(), to: z.int() }).optional(),
  datasourceUid: z.string(),
  model: z.record(z.string(), z.unknown()),
});
const alertRule = {
  uid: z.string().optional(),
  orgID: z.int(),
  folderUID: z.string(),
  ruleGroup: z.string().min(1).max(190),
  title: z.string().min(1).max(190),
  condition: z.string(),
  data: z.array(query),
  noDataState: z.string(),
  execErrState: z.string(),
  for: z.string(),
  keep_firing_for: z.string().optional(),
  missingSeriesEvalsToResolve: z.int().positive().optional(),
  isPaused: z.boolean().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  record: z
    .strictObject({ metric: z.string(), from: z.string(), target_datasource_uid: z.string().optional() })
    .optional(),
};
const storedRule = z.strictObject({
  ...alertRule,
  id: z.int(),
  uid: z.string(),
  updated: z.iso.datetime(),
  provenance: z.string().optional(),
});
const ruleGroup = { title: z.string(), folderUid: z.string(), interval: z.int() };

/** What may be sent. Strict: a key that Grafana does not know is dropped in silence there, so it is a mistake here. */
export const requests = {
  "POST /api/folders": z.strictObject({
    title: z.string().optional(),
    uid: z.string().optional(),
    parentUid: z.string().optional(),
    description: z.string().optional(),
  }),
  "PUT /api/folders/{folder_uid}": z.strictObject({
    title: z.string().optional(),
    description: z.string().optional(),
    version: z.int().optional(),
    overwrite: z.boolean().optional(),
  }),
  "POST /api/folders/{folder_uid}/move": z.strictObject({ parentUid: z.string().optional() }),
  "POST /api/folders/{folder_uid}/permissions": z.strictObject({
    items: z.array(
      z.strictObject({
        role: z.enum(["Viewer", "Editor", "Admin"]).optional(),
        teamId: z.int().positive().optional(),
        userId: z.int().positive().optional(),
        permission: z.union([z.literal(1), z.literal(2), z.literal(4)]),
      }),
    ),
  }),
  "POST /api/teams": z.strictObject({ name: z.string(), email: z.string().optional() }),
  "POST /api/annotations": z.strictObject({
    text: z.string().min(1),
    tags: z.array(z.string()).optional(),
    time: z.int().optional(),
    timeEnd: z.int().optional(),
    dashboardUID: z.string().optional(),
  }),
  "POST /api/dashboards/db": z.strictObject({
    dashboard: z.looseObject({
      id: z.int().nullish(),
      uid: z.string().nullish(),
      title: z.string().optional(),
      version: z.int().nullish(),
      tags: z.array(z.string()).nullish(),
    }),
    folderUid: z.string().optional(),
    message: z.string().optional(),
    overwrite: z.boolean().optional(),
    isFolder: z.boolean().optional(),
  }),
  "POST /apis/dashboard.grafana.app/{version}/namespaces/default/dashboards": resourceCommand(),
  "PUT /apis/dashboard.grafana.app/{version}/namespaces/default/dashboards/{name}": resourceCommand(),
  "PUT /api/v1/provisioning/folder/{FolderUID}/rule-groups/{Group}": z.strictObject({
    ...ruleGroup,
    rules: z.array(z.strictObject(alertRule)),
  }),
  "POST /api/datasources": z.strictObject(dataSourceCommand()),
  "PUT /api/datasources/uid/{uid}": z.strictObject({ ...dataSourceCommand(), version: z.int().optional() }),
} as const;

/** `error` only where it failed. */
const conversionStatus = z
  .strictObject({
    conversion: z.strictObject({ failed: z.boolean(), error: z.string().optional(), storedVersion: z.string() }),
  })
  .optional();
const folder = z.strictObject({
  id: z.int(),
  uid: z.string(),
  orgId: z.int(),
  title: z.string(),
  url: z.string(),
  hasAcl: z.boolean(),
  canSave: z.boolean(),
  canEdit: z.boolean(),
  canAdmin: z.boolean(),
  canDelete: z.boolean(),
  createdBy: z.string(),
  created: z.iso.datetime(),
  updatedBy: z.string(),
  updated: z.iso.datetime(),
  version: z.int().positive(),
  parentUid: z.string().optional(),
  get parents() {
    return z.array(folder).optional();
  },
});

const listedDataSource = {
  id: z.int(),
  uid: z.string(),
  orgId: z.int(),
  name: z.string(),
  type: z.string(),
  typeLogoUrl: z.string(),
  access: z.enum(["proxy", "direct"]),
  url: z.string(),
  user: z.string(),
  database: z.string(),
  basicAuth: z.boolean(),
  isDefault: z.boolean(),
  jsonData: z.record(z.string(), z.unknown()),
  readOnly: z.boolean(),
};
const dataSource = z.strictObject({
  ...listedDataSource,
  basicAuthUser: z.string(),
  withCredentials: z.boolean(),
  secureJsonFields: z.record(z.string(), z.literal(true)),
  version: z.int().positive(),
});
const dataSourceWritten = z.strictObject({
  message: z.string(),
  id: z.int(),
  name: z.string(),
  datasource: dataSource,
});
const dashboard = z.looseObject({ id: z.int(), uid: z.string(), title: z.string(), version: z.int().positive() });

/** What a 200, or 204, holds. Other statuses hold `failure`. */
const answers: Readonly<Record<string, z.ZodType>> = {
  "GET /api/folders/{folder_uid}/permissions": z.array(
    z.looseObject({ permission: z.int(), permissionName: z.string(), inherited: z.boolean() }),
  ),
  "POST /api/folders/{folder_uid}/permissions": z.looseObject({ message: z.string() }),
  "GET /api/teams/search": z.strictObject({
    totalCount: z.int(),
    page: z.int(),
    perPage: z.int(),
    teams: z.array(z.looseObject({ id: z.int(), uid: z.string(), name: z.string() })),
  }),
  "POST /api/teams": z.looseObject({ message: z.string(), teamId: z.int() }),
  "POST /api/annotations": z.strictObject({ message: z.string(), id: z.int() }),
  // As apimachinery's lists and Grafana's annotations are documented; the specifications are checked apart.
  "GET /apis/dashboard.grafana.app": z.looseObject({
    kind: z.literal("APIGroup"),
    versions: z.array(z.strictObject({ groupVersion: z.string(), version: z.string() })),
  }),
  "GET /apis/dashboard.grafana.app/v0alpha1/namespaces/default/dashboards": z.strictObject({
    kind: z.literal("DashboardList"),
    apiVersion: z.string(),
    metadata: z.strictObject({ continue: z.string().optional() }),
    items: z.array(
      z.strictObject({
        kind: z.literal("Dashboard"),
        apiVersion: z.string(),
        metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()) }),
        spec: z.looseObject({ title: z.string() }).nullable(),
        status: conversionStatus,
      }),
    ),
  }),
  "GET /apis/dashboard.grafana.app/{version}/namespaces/default/dashboards": z.strictObject({
    kind: z.literal("DashboardList"),
    apiVersion: z.string(),
    metadata: z.strictObject({ continue: z.string().optional() }),
    items: z.array(resource()),
  }),
  "GET /apis/dashboard.grafana.app/{version}/namespaces/default/dashboards/{name}": resource(),
  "POST /apis/dashboard.grafana.app/{version}/namespaces/default/dashboards": resource(),
  "PUT /apis/dashboard.grafana.app/{version}/namespaces/default/dashboards/{name}": resource(),
  "GET /api/health": z.strictObject({ database: z.literal("ok"), version: z.string(), commit: z.string() }),
  "GET /api/org": z.strictObject({ id: z.int(), name: z.string(), address: z.record(z.string(), z.string()) }),
  "GET /api/folders": z.array(
    z.strictObject({ id: z.int(), uid: z.string(), title: z.string(), parentUid: z.string().optional() }),
  ),
  "POST /api/folders": folder,
  "GET /api/folders/{folder_uid}": folder,
  // DescendantCounts in pkg/services/folder: by what the registered services call their things.
  "GET /api/folders/{folder_uid}/counts": z.record(z.string(), z.int()),
  "PUT /api/folders/{folder_uid}": folder,
  "POST /api/folders/{folder_uid}/move": folder,
  "DELETE /api/folders/{folder_uid}": z.strictObject({ message: z.string() }),
  "GET /api/search": z.array(
    z.looseObject({ id: z.int(), uid: z.string(), title: z.string(), type: z.enum(["dash-db", "dash-folder"]) }),
  ),
  "GET /api/dashboards/uid/{uid}": z.strictObject({
    dashboard,
    meta: z.looseObject({ version: z.int(), folderUid: z.string(), provisioned: z.boolean() }),
  }),
  "POST /api/dashboards/db": z.strictObject({
    status: z.literal("success"),
    id: z.int(),
    uid: z.string(),
    url: z.string(),
    slug: z.string(),
    version: z.int().positive(),
    folderUid: z.string(),
  }),
  "DELETE /api/dashboards/uid/{uid}": z.looseObject({ title: z.string(), message: z.string() }),
  "GET /api/v1/provisioning/alert-rules": z.array(storedRule),
  "GET /api/v1/provisioning/folder/{FolderUID}/rule-groups/{Group}": z.strictObject({
    ...ruleGroup,
    rules: z.array(storedRule),
  }),
  // It answers what it was sent: RoutePutAlertRuleGroup in pkg/services/ngalert/api/api_provisioning.go.
  "PUT /api/v1/provisioning/folder/{FolderUID}/rule-groups/{Group}": z.strictObject({
    ...ruleGroup,
    rules: z.array(z.strictObject(alertRule)),
  }),
  "DELETE /api/v1/provisioning/folder/{FolderUID}/rule-groups/{Group}": z.literal(""),
  "GET /api/datasources": z.array(z.strictObject({ ...listedDataSource, typeName: z.string() })),
  "GET /api/datasources/uid/{uid}": dataSource,
  "POST /api/datasources": dataSourceWritten,
  "PUT /api/datasources/uid/{uid}": dataSourceWritten,
  "DELETE /api/datasources/uid/{uid}": z.strictObject({ message: z.string(), id: z.int() }),
};
const failure = z.looseObject({ message: z.string().min(1) });

/** Statuses that Grafana answers and its OpenAPI documents do not list. */
const unlisted: Readonly<Record<string, readonly number[]>> = {
  "POST /api/folders": [412], // a taken uid: grafana/grafana#50767
  "PUT /api/folders/{folder_uid}": [412], // the documents say 409; pkg/api/apierrors/folder.go
  "GET /api/folders": [404], // an unknown parentUid: the same file
  "POST /api/dashboards/db": [409], // 13.3.0: saveDashboardViaK8s in pkg/api/dashboard.go
  "POST /api/datasources": [400], // "bad request data": pkg/api/datasources.go
  "PUT /api/datasources/uid/{uid}": [400, 404, 409], // 409 is listed by 13.0.0 only; the same file
};

/** Keys that the documents require of a 200 and Grafana does not send. */
const unsent: Readonly<Record<string, readonly string[]>> = {
  "POST /api/dashboards/db": ["title"], // it sends `slug`: postDashboard in pkg/api/dashboard.go
  "DELETE /api/folders/{folder_uid}": ["id", "title"], // it sends `message`: DeleteFolder in pkg/api/folder.go
};

/** Which sentences of the contract did this exchange break? Own shapes always; Grafana's document where it is at hand. */
export function contractCheck(version: GrafanaVersion): (exchange: Exchange) => readonly string[] {
  const data = process.env["FLEETGLASS_TEST_DATA"];
  if (data === undefined && process.env["CI"] === "true") {
    throw new Error("CI must check against Grafana's OpenAPI documents: set FLEETGLASS_TEST_DATA to the test data.");
  }
  const published = data === undefined ? () => [] : openApiCheck(join(data, "openapi", documentOf(version)));
  return (exchange) => {
    const where = `${exchange.method} ${exchange.route}`;
    return [...ownShapes(where, exchange), ...published(exchange)].map(
      (what) => `${where} (${exchange.status}): ${what}`,
    );
  };
}

function ownShapes(where: string, { requestBody, status, answer }: Exchange): readonly string[] {
  const request: z.ZodType = where in requests ? requests[where as keyof typeof requests] : z.undefined();
  const expected = status >= 200 && status < 300 ? answers[where] : failure;
  if (expected === undefined) return ["no such endpoint"];
  return [...faults("request", request, requestBody), ...faults("answer", expected, answer)];
}

function faults(side: string, shape: z.ZodType, value: unknown): readonly string[] {
  const { error } = shape.safeParse(value);
  return (error?.issues ?? []).map((issue) => `${side} /${issue.path.join("/")}: ${issue.message}`);
}

interface Content {
  readonly content?: { readonly "application/json"?: { readonly schema: object } };
}
interface Reference {
  readonly $ref?: string;
}
interface Operation {
  readonly requestBody?: Content & Reference;
  readonly responses: Readonly<Record<string, Content & Reference>>;
}
interface Document {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

type Check = (exchange: Exchange) => readonly string[];

const loaded = new Map<string, Check>();

function documentOf(version: GrafanaVersion): string {
  return version === "10.4.3" ? "grafana-10.4.3.openapi3.json" : "grafana-13.0.0.rebuilt.openapi3.json";
}

/** Reading a document takes 40 ms, compiling its schemas more, so that each is read once in a test file. */
function openApiCheck(file: string): Check {
  const check = loaded.get(file) ?? loadDocument(file);
  loaded.set(file, check);
  return check;
}

function loadDocument(file: string): Check {
  // Every reference names the document, so that each schema can be compiled alone, when it is first needed.
  const text = readFileSync(file, "utf8").replaceAll('"#/', '"grafana#/');
  const document = JSON.parse(text) as Document; // A fixture of ours, not an answer of the world.
  const base = document.servers[0]?.url === "/api" ? "/api" : "";
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
  addFormats.default(ajv);
  // As go-openapi's strfmt reads it; JSON Schema's own is P1DT12H.
  ajv.addFormat("duration", /^(?:\d+(?:ms|[wdhms]))+$/u);
  ajv.addSchema(document, "grafana");
  const compiled = new Map<string, ValidateFunction>();

  function lookUp<T extends object>(value: T & Reference): T {
    if (value.$ref === undefined) return value;
    const steps = value.$ref.slice("grafana#/".length).split("/");
    return lookUp(steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], document) as T);
  }
  function mismatches(side: string, key: string, part: Content & Reference, value: unknown, closed: boolean) {
    const schema = lookUp(part).content?.["application/json"]?.schema;
    if (schema === undefined) return [];
    const validate =
      compiled.get(key) ?? ajv.compile(closed ? { ...lookUp(schema), additionalProperties: false } : schema);
    compiled.set(key, validate);
    validate(value);
    return (
      (validate.errors ?? [])
        .filter(({ params }) => !(unsent[key] ?? []).includes(String(params["missingProperty"])))
        // Of a rule that records Grafana empties them: ClearRecordingRuleIgnoredFields in pkg/services/ngalert/models/alert_rule.go.
        .filter(({ keyword, instancePath }) => keyword !== "enum" || !/\/(?:noData|execErr)State$/u.test(instancePath))
        .map((error) => `${side} ${error.instancePath}/: OpenAPI: ${error.message} ${JSON.stringify(error.params)}`)
    );
  }

  return ({ method, route, requestBody, status, answer }) => {
    const where = `${method} ${route}`;
    // No document of Grafana's API server could be had, but the schemas of the boards in it.
    if (route.startsWith("/apis/")) return kindsIn(requestBody).concat(kindsIn(answer));
    const operation = document.paths[route.slice(base.length)]?.[method.toLowerCase()];
    if (operation === undefined) return route === "/api/health" ? [] : ["OpenAPI: no such operation"]; // 10.4.3 has none
    const listed = operation.responses[status];
    if (listed === undefined && !unlisted[where]?.includes(status)) return [`OpenAPI: status ${status} is not listed`];
    return [
      ...(operation.requestBody && requestBody !== undefined
        ? mismatches("request", `${where} request`, operation.requestBody, requestBody, true)
        : []),
      ...(listed ? mismatches("answer", status === 200 ? where : `${where} ${status}`, listed, answer, false) : []),
    ];
  };
}

function resource() {
  return z.strictObject({
    kind: z.literal("Dashboard"),
    apiVersion: z.string(),
    metadata: z.looseObject({
      name: z.string(),
      resourceVersion: z.string(),
      annotations: z.record(z.string(), z.string()),
    }),
    spec: z.looseObject({ title: z.string() }).nullable(),
    status: conversionStatus,
  });
}

function resourceCommand() {
  return z.strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: z.strictObject({
      name: z.string(),
      resourceVersion: z.string().optional(),
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    }),
    spec: z.record(z.string(), z.unknown()),
  });
}

/** What a board of the model 2 that went over the wire has that its schema does not know, or lacks. */
function kindsIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  if ("items" in value && Array.isArray(value.items)) return value.items.flatMap(kindsIn);
  const { apiVersion, spec } = value as { readonly apiVersion?: string; readonly spec?: unknown };
  return apiVersion === undefined ? [] : kindFaults(apiVersion.split("/")[1] ?? "", spec);
}

interface KindSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, KindSchema>>;
  readonly additionalProperties?: KindSchema | boolean;
  readonly items?: KindSchema;
  readonly oneOf?: readonly KindSchema[];
  readonly anyOf?: readonly KindSchema[];
  readonly allOf?: readonly KindSchema[];
}
type KindSchemas = Readonly<Record<string, KindSchema>>;

const kinds = new Map<string, { readonly schemas: KindSchemas; readonly validate: ValidateFunction }>();

/** The schema of a version's boards; none without the test data, nor for classic boards. */
export function kindOf(
  version: string,
): { readonly schemas: KindSchemas; readonly validate: ValidateFunction } | undefined {
  const data = process.env["FLEETGLASS_TEST_DATA"];
  if (data === undefined || !version.startsWith("v2")) return undefined;
  const known = kinds.get(version);
  if (known) return known;
  const file = join(data, "openapi", "kinds", `dashboard${version}.jsonschema.json`);
  const document = JSON.parse(readFileSync(file, "utf8")) as { readonly definitions: KindSchemas };
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
  addFormats.default(ajv);
  const kind = {
    schemas: document.definitions,
    validate: ajv.compile({ ...document, $ref: "#/definitions/Dashboard" }),
  };
  kinds.set(version, kind);
  return kind;
}

export function kindFaults(version: string, spec: unknown): readonly string[] {
  const validate = kindOf(version)?.validate;
  if (!validate || validate(spec)) return [];
  // Of a union every member complains; what is no member's fault is enough.
  return (validate.errors ?? [])
    .filter(({ keyword }) => keyword !== "const" && keyword !== "oneOf" && keyword !== "anyOf")
    .map(({ instancePath, message, params }) => `spec${instancePath}: ${message} ${JSON.stringify(params)}`);
}

/** As Grafana answers what it was sent: with the defaults of its schema, and "false" where nothing is said of a switch. */
export function withDefaults(version: string, spec: unknown): unknown {
  const schemas = kindOf(version)?.schemas;
  return schemas ? filled(schemas, { $ref: "#/definitions/Dashboard" }, spec) : spec;
}

function filled(schemas: KindSchemas, given: KindSchema, value: unknown): unknown {
  const schema = given.$ref === undefined ? given : (schemas[given.$ref.slice("#/definitions/".length)] ?? given);
  if (schema.$ref !== undefined || schema.allOf) return filled(schemas, schema.allOf?.[0] ?? schema, value);
  if (Array.isArray(value)) return value.map((item) => filled(schemas, schema.items ?? {}, item));
  if (typeof value !== "object" || value === null) return value;
  const own = value as Readonly<Record<string, unknown>>;
  const members = (schema.oneOf ?? schema.anyOf ?? []).map(
    (one) => schemas[one.$ref?.slice("#/definitions/".length) ?? ""] ?? one,
  );
  const member = members.find(({ properties }) => properties?.["kind"]?.const === own["kind"]);
  if (member) return filled(schemas, member, value);
  const { properties = {}, required = [], additionalProperties } = schema;
  const missing = Object.entries(properties).flatMap(([key, { default: usual, type }]): [string, unknown][] => {
    if (key in own) return [];
    if (usual !== undefined && required.includes(key)) return [[key, usual]];
    return type === "boolean" && required.includes(key) ? [[key, false]] : [];
  });
  const inner = typeof additionalProperties === "object" ? additionalProperties : {};
  return Object.fromEntries([
    ...Object.entries(own).map(([key, item]) => [key, filled(schemas, properties[key] ?? inner, item)] as const),
    ...missing,
  ]);
}

function dataSourceCommand() {
  return {
    name: z.string().optional(),
    type: z.string().optional(),
    access: z.enum(["proxy", "direct"]).optional(),
    uid: z.string().optional(),
    url: z.string().optional(),
    user: z.string().optional(),
    database: z.string().optional(),
    basicAuth: z.boolean().optional(),
    basicAuthUser: z.string().optional(),
    withCredentials: z.boolean().optional(),
    isDefault: z.boolean().optional(),
    jsonData: z.record(z.string(), z.unknown()).optional(),
    secureJsonData: z.record(z.string(), z.string()).optional(),
  };
}
