import * as z from "zod";
import { jsonOf } from "./json.ts";
import { type Http, ServerError } from "../publish/http.ts";
import { prometheusApi } from "./prometheus-api.ts";

/** What a Grafana says of itself to whoever asks, and what they may do there. */
export interface GrafanaFacts {
  readonly url: string;
  readonly version: string;
  readonly dataSources: readonly SourceFacts[];
  /** May the credential see how data sources are made, and not only that they are there? */
  readonly listed: boolean;
  readonly rights: Rights;
  /** Folders that the credential may save boards in, where it may not make its own. */
  readonly folders: readonly FolderFacts[];
}

export interface SourceFacts {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  /** Empty where the credential may not see it. */
  readonly url: string;
  readonly isDefault: boolean;
  /** The clusters whose series it reads: of one that speaks PromQL and answers. */
  readonly reads?: readonly string[];
}

export interface FolderFacts {
  readonly uid: string;
  readonly title: string;
}

/** Undefined where Grafana does not say. */
export interface Rights {
  readonly folders?: boolean;
  readonly dataSources?: boolean;
  readonly dashboards?: boolean;
}

const health = z.object({ version: z.string().default("unknown") });
const sources = z.array(
  z.looseObject({
    uid: z.string(),
    name: z.string(),
    type: z.string(),
    url: z.string().default(""),
    isDefault: z.boolean().default(false),
  }),
);
const folders = z.array(z.looseObject({ uid: z.string(), title: z.string() }));
const folder = z.looseObject({ canSave: z.boolean().default(false) });
const permissions = z.record(z.string(), z.array(z.string()));

const shown = 50;

/**
 * @param cluster the label that names a series' cluster
 * @throws {ServerError} where Grafana does not answer, or does not know the credential
 */
export async function grafanaFacts(http: Http, url: string, cluster: string | undefined): Promise<GrafanaFacts> {
  const { version } = health.parse(JSON.parse((await http({ path: "/api/health" })).text));
  const [listed, rights, top] = await Promise.all([
    http({ path: "/api/datasources", accepts: [403] }),
    rightsOf(http),
    http({ path: "/api/folders", query: { limit: shown }, accepts: [403] }),
  ]);
  const all = top.status === 200 ? folders.parse(JSON.parse(top.text)) : [];
  const saving = await Promise.all(
    all.map(async (one) => {
      const { status, text } = await http({ path: `/api/folders/${encodeURIComponent(one.uid)}`, accepts: [403] });
      return status === 200 && folder.parse(JSON.parse(text)).canSave ? [one] : [];
    }),
  );
  const all200 = listed.status === 200 ? sources.parse(JSON.parse(listed.text)) : await usableSources(http);
  const dataSources = await Promise.all(
    all200.map(async ({ uid, name, type, url: address, isDefault }): Promise<SourceFacts> => {
      const reads = type === "prometheus" ? await clustersRead(http, uid, cluster) : undefined;
      return { uid, name, type, url: address, isDefault, ...(reads && { reads }) };
    }),
  );
  return {
    url,
    version,
    dataSources,
    listed: listed.status === 200,
    rights,
    folders: saving.flat().map(({ uid, title }) => ({ uid, title })),
  };
}

const settings = z.looseObject({ datasources: z.record(z.string(), z.unknown()) });
const usable = z.looseObject({
  uid: z.string(),
  name: z.string(),
  type: z.string(),
  isDefault: z.boolean().default(false),
});

/** What Grafana's own pages are told, whoever looks: the data sources that one may query, without their addresses. */
async function usableSources(http: Http): Promise<z.infer<typeof sources>> {
  const { status, text } = await http({ path: "/api/frontend/settings", accepts: [401, 403] });
  const parsed = status === 200 ? settings.safeParse(jsonOf(text)) : undefined;
  return Object.values(parsed?.data?.datasources ?? {}).flatMap((one) => {
    const { data } = usable.safeParse(one);
    // Grafana's own, such as "-- Mixed --".
    return data === undefined || data.uid.startsWith("-- ") || data.uid === "grafana" ? [] : [{ ...data, url: "" }];
  });
}

/** Asks through Grafana, as a board would; undefined where there is no answer. */
async function clustersRead(http: Http, uid: string, cluster: string | undefined): Promise<string[] | undefined> {
  const prefix = `/api/datasources/proxy/uid/${encodeURIComponent(uid)}`;
  try {
    // What is broken is not waited for: there may be many, and none of them is ours.
    const once: Http = (call) => http({ ...call, accepts: [500, 502, 503, 504] });
    const api = prometheusApi(once, { prefix, headers: {} });
    const found = await api.query(`count by (${cluster ?? ""}) (up)`);
    return found
      .map(({ labels }) => (cluster === undefined ? "" : (labels[cluster] ?? "")))
      .filter((name) => cluster === undefined || name !== "");
  } catch (error) {
    if (error instanceof ServerError) return undefined;
    throw error;
  }
}

/** Of Grafana's own list of what the credential may do; one that is older or hides it is not asked further. */
async function rightsOf(http: Http): Promise<Rights> {
  const { status, text } = await http({ path: "/api/access-control/user/permissions", accepts: [403] });
  const parsed = status === 200 ? permissions.safeParse(jsonOf(text)) : undefined;
  if (parsed?.success !== true) return {};
  const may = (action: string, everywhere?: string): boolean => {
    const scopes = parsed.data[action];
    return (
      scopes !== undefined && (everywhere === undefined || scopes.some((one) => one === everywhere || one === "*"))
    );
  };
  return {
    // At the top level: whoever may do so in one folder only has that folder's scope.
    folders: may("folders:create", "folders:*") || may("folders:create", "folders:uid:general"),
    dataSources: may("datasources:create") && may("datasources:read"),
    dashboards: may("dashboards:create"),
  };
}
