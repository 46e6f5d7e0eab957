import { z } from "zod";
import { type DashboardResource, type GrafanaPlace, ownerTag } from "../bundle.ts";
import { checked } from "./answer.ts";
import type { GrafanaOptions } from "./grafana-folders.ts";
import { digestOf } from "./normal-form.ts";
import { type Http, ServerError } from "./http.ts";
import type { Live, Target } from "./target.ts";

const hits = z.array(z.looseObject({ uid: z.string() }));
const whole = z.looseObject({
  dashboard: z.looseObject({ uid: z.string(), version: z.number(), tags: z.array(z.string()).nullish() }),
  meta: z.looseObject({ folderUid: z.string().optional(), provisioned: z.boolean().optional() }),
});
/** What we wrote last, in the board itself. */
const marker = z.looseObject({ checksum: z.string() });
const saved = z.looseObject({ uid: z.string() });

const pageSize = 1000;

/** Dashboards of an organisation. Ours carry the project's tag. */
export function grafanaDashboards(http: Http, { title, organisation, project }: GrafanaOptions): Target {
  const at: GrafanaPlace = { system: "grafana", organisation };
  return {
    title,
    place: title,
    holds: ({ kind }) => kind === "dashboard",
    async list(wanted) {
      // The search may lag behind a write, so what we want is asked for by uid; what it adds are those that are gone.
      const uids = new Set([...wanted.map(({ id }) => id), ...(await tagged(http, ownerTag(project)))]);
      const found = await Promise.all([...uids].map((uid) => one(http, uid)));
      return found.flatMap((answer) => (answer ? [liveDashboard(answer, at, project)] : []));
    },
    async put(resource, before) {
      const { folder, dashboard } = resource.spec as DashboardResource["spec"];
      const body = {
        // With `overwrite` Grafana would replace whatever has this uid or title; a version replaces what we read.
        dashboard: {
          ...dashboard,
          fleetglass: { checksum: digestOf(resource) },
          id: null,
          ...(before?.version !== undefined && { version: before.version }),
        },
        folderUid: folder,
        overwrite: false,
        message: "published by fleetglass",
      };
      const { status, text } = await http({ method: "POST", path: "/api/dashboards/db", body, accepts: [409, 412] });
      if (status === 409 || status === 412) {
        throw new ServerError(
          `dashboard ${resource.id} was changed by somebody else since the plan was made: run again`,
          status,
        );
      }
      const { uid } = checked(saved, text, `Grafana's answer to dashboard ${resource.id}`);
      if (uid !== resource.id)
        throw new ServerError(
          `Grafana saved dashboard ${resource.id} as ${uid}: is there one of the same title in its folder?`,
        );
    },
    async remove({ id }) {
      await http({ method: "DELETE", path: `/api/dashboards/uid/${encodeURIComponent(id)}`, accepts: [404] });
    },
  };
}

async function tagged(http: Http, tag: string): Promise<string[]> {
  const found: string[] = [];
  for (let page = 1; ; page += 1) {
    const { text } = await http({ path: "/api/search", query: { type: "dash-db", tag, limit: pageSize, page } });
    const some = checked(hits, text, "Grafana's search for dashboards");
    found.push(...some.map(({ uid }) => uid));
    if (some.length < pageSize) return found;
  }
}

async function one(http: Http, uid: string): Promise<z.infer<typeof whole> | undefined> {
  const { status, text } = await http({ path: `/api/dashboards/uid/${encodeURIComponent(uid)}` });
  return status === 404 ? undefined : checked(whole, text, `Grafana's dashboard ${uid}`);
}

function liveDashboard({ dashboard, meta }: z.infer<typeof whole>, at: GrafanaPlace, project: string): Live {
  const { id: _numeric, version, ...rest } = dashboard;
  const { checksum } = marker.safeParse(dashboard["fleetglass"]).data ?? {};
  const owner = dashboard.tags?.find((tag) => tag.startsWith("fleetglass:"))?.slice("fleetglass:".length);
  return {
    kind: "dashboard",
    at,
    id: dashboard.uid,
    spec: { folder: meta.folderUid ?? "", dashboard: rest },
    version,
    ...(checksum !== undefined && { applied: checksum }),
    ...foreignness(dashboard.uid, owner, project, meta.provisioned === true),
  };
}

function foreignness(
  uid: string,
  owner: string | undefined,
  project: string,
  provisioned: boolean,
): Pick<Live, "foreign"> {
  if (provisioned) {
    return {
      foreign: {
        reason: `dashboard ${uid} was provisioned from a file and can't be changed here`,
        mend: "publish to files only, or take it out of the provisioned folder",
      },
    };
  }
  if (owner === project) return {};
  return {
    foreign: {
      reason:
        owner === undefined
          ? `dashboard ${uid} was not made by fleetglass`
          : `dashboard ${uid} belongs to the project ${owner}`,
      mend: "give it another uid in Grafana, delete it there, or make it ours with --take-over",
      adoptable: owner === undefined,
    },
  };
}
