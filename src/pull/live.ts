import { markerGroup, placeOfGrafana } from "../bundle.ts";
import { existingDashboards } from "../publish/grafana-dashboards.ts";
import { existingDataSources } from "../publish/grafana-datasources.ts";
import { existingFolders } from "../publish/grafana-folders.ts";
import type { Http } from "../publish/http.ts";
import { hidden } from "../publish/normal-form.ts";
import { existingGroups, lokiApi, mimirApi } from "../publish/ruler.ts";
import type { Live } from "../publish/target.ts";
import { placeName } from "./project-files.ts";
import type { Pulled, PulledDashboard, PulledDataSource, PulledGrafana, PulledRules } from "../pulled.ts";

/** What was found, and a line for each thing that was left where it is. */
export interface Found {
  readonly pulled: Pulled;
  readonly left: readonly string[];
}

/**
 * Folders, data sources and boards of a Grafana that no project of fleetglass made. Reads only.
 * @param isFirst of the fleet's: what is in another is kept apart
 */
export async function pullGrafana(
  http: Http,
  { name, organisation }: { readonly name?: string; readonly organisation: number },
  isFirst: boolean,
): Promise<Found> {
  const at = placeOfGrafana({ name, organisation });
  const place = isFirst ? "" : placeName(at);
  const [folders, sources, boards] = await Promise.all([
    existingFolders(http),
    existingDataSources(http, at),
    existingDashboards(http, at),
  ]);
  const left: string[] = [];
  const inPlace = place === "" ? "" : ` in ${place}`;
  const mayBePulled = ({ id, kind, foreign }: Live): boolean => {
    if (foreign?.adoptable === true) return true;
    // What another project publishes is in its code already.
    if (/provisioned|managed by|is kept in the model/u.test(foreign?.reason ?? ""))
      left.push(`${kind} ${id}${inPlace}: ${foreign?.reason}`);
    return false;
  };
  const dataSources = sources.filter(mayBePulled).flatMap(({ spec }) => {
    const source = dataSource(spec as Spec, place);
    if (source.open === undefined) return [source.source];
    left.push(
      `datasource ${source.source.uid}${inPlace}: ${source.open} is readable by everybody: move it to its secure fields`,
    );
    return [];
  });
  const dashboards = boards
    .filter(mayBePulled)
    .map(({ spec }) => spec as PulledDashboard)
    .map(({ folder, dashboard }) => ({ folder, dashboard }));
  const own: PulledGrafana = {
    folders: folders
      .filter(({ uid }) => !uid.startsWith("fleetglass_"))
      .map(({ uid, title, parent }) => ({ uid, title, ...(parent !== undefined && { parent }) })),
    dataSources,
    dashboards,
  };
  const pulled: Pulled = isFirst
    ? own
    : { elsewhere: [{ ...(name !== undefined && { grafana: name }), organisation, ...own }] };
  return { pulled, left };
}

/** A tenant's rule groups in namespaces that no project of fleetglass owns. Reads only. */
export async function pullRules(
  http: Http,
  {
    ruler,
    tenant,
    header,
  }: { readonly ruler: PulledRules["ruler"]; readonly tenant: string; readonly header?: string },
): Promise<Found> {
  const kind = ruler === "mimir" ? mimirApi : lokiApi;
  const found = await existingGroups(http, kind, { tenant, ...(header !== undefined && { header }) });
  const left = [...found].flatMap(([namespace, groups]) =>
    groups.some(({ name }) => name === markerGroup)
      ? [
          `${kind.name} namespace ${namespace} of tenant ${tenant}: its group ${markerGroup} has the name of our signature`,
        ]
      : [],
  );
  const rules = [...found].flatMap(([namespace, groups]): PulledRules[] =>
    groups.some(({ name }) => name === markerGroup) ? [] : [{ ruler, tenant, namespace, groups }],
  );
  return { pulled: { rules }, left };
}

type Spec = Readonly<Record<string, unknown>>;

/** What people have put into the open part of a source although it is none of everybody's business. */
const secretKey = /(password|passwd|secret|token|api_?key|accesskey|private_?key|credentials?)$/iu;

function dataSource(spec: Spec, place: string): { readonly source: PulledDataSource; readonly open?: string } {
  const { secureJsonData, ...rest } = spec;
  const uid = String(rest["uid"]);
  const names = Object.keys((secureJsonData ?? {}) as Spec).map(
    (key) => [key, { env: variable(place, uid, key) }] as const,
  );
  const source = {
    ...rest,
    ...(names.length > 0 && { secureJsonData: Object.fromEntries(names) }),
  } as unknown as PulledDataSource;
  const open =
    openSecret(source.jsonData, "jsonData") ??
    (source.url.includes(`${hidden}@`) ? "the password in its url" : undefined);
  return { source, ...(open !== undefined && { open }) };
}

/** `DATASOURCE_ABC_BASICAUTHPASSWORD` */
function variable(place: string, uid: string, key: string): string {
  return `DATASOURCE_${place === "" ? "" : `${place}_`}${uid}_${key}`.toUpperCase().replaceAll(/[^A-Z0-9]/gu, "_");
}

function openSecret(value: unknown, path: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === "string" && item !== "" && secretKey.test(key)) return `${path}.${key}`;
    const below = openSecret(item, `${path}.${key}`);
    if (below !== undefined) return below;
  }
  return undefined;
}
