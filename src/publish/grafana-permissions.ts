import * as z from "zod";
import { type FolderPermissions, placeOfGrafana, type Team } from "../bundle.ts";
import { checked } from "./answer.ts";
import { type GrafanaOptions, isIn, oneFolder } from "./grafana-folders.ts";
import { type Http, ServerError } from "./http.ts";
import { digestOf } from "./normal-form.ts";
import type { Live, Target } from "./target.ts";

const teamPage = z.looseObject({ teams: z.array(z.looseObject({ id: z.number(), name: z.string() })) });
const entries = z.array(
  z.looseObject({
    role: z.string().optional(),
    team: z.string().optional(),
    teamId: z.number().optional(),
    userId: z.number().optional(),
    permission: z.number(),
    inherited: z.boolean().optional(),
  }),
);
type Entry = z.infer<typeof entries>[number];

const pageSize = 1000;

/** The teams that folders are opened to. One that is there is used as it is; none is ever removed, nor anybody from it. */
export function grafanaTeams(http: Http, { title, name, organisation }: GrafanaOptions): Target {
  const at = placeOfGrafana({ name, organisation });
  return {
    title,
    place: title,
    versions: true,
    holds: ({ kind, at: place }) => kind === "team" && isIn(place, at),
    async list(wanted) {
      if (wanted.length === 0) return [];
      const ids = await teamIds(http);
      return wanted
        .filter(({ id }) => ids.has(id))
        .map(({ id }): Live => ({ kind: "team", at, id, spec: { name: id } satisfies Team }));
    },
    async put({ id }) {
      await http({ method: "POST", path: "/api/teams", body: { name: id } });
    },
    remove: ({ id }) => Promise.reject(new ServerError(`the team ${id} may be used elsewhere: remove it in Grafana`)),
  };
}

const permissions = { View: 1, Edit: 2, Admin: 4 } as const;
/** By these Grafana opens a folder to everybody until somebody says otherwise. */
const everybody: ReadonlySet<string> = new Set(["Viewer", "Editor"]);

/**
 * Who may see and edit our folders: the fleet's teams, and Grafana's roles. Others that somebody let in by hand are not ours:
 * they are read, and written back.
 */
export function grafanaPermissions(http: Http, { title, name, organisation, parentFolder }: GrafanaOptions): Target {
  const at = placeOfGrafana({ name, organisation });
  /** The teams of all folders: where one is open to a team of another, that is our business too. */
  let ours: ReadonlySet<string> = new Set();
  const isOurs = ({ role, team }: Entry): boolean =>
    (role !== undefined && everybody.has(role)) || (team !== undefined && team !== "" && ours.has(team));
  const read = async (uid: string): Promise<readonly Entry[] | undefined> => {
    const { status, text } = await http({ path: pathOf(uid) });
    if (status === 404) return undefined;
    return checked(entries, text, `Grafana's permissions of folder ${uid}`).filter(({ inherited }) => !inherited);
  };
  const live = async (uid: string): Promise<Live | undefined> => {
    const found = await read(uid);
    if (!found) return undefined;
    const opened = found.filter(isOurs).map(({ role, team, permission }) => ({
      // Of a role Grafana says that its team is "".
      to: team || role || "",
      may: Object.entries(permissions).find(([, number]) => number === permission)?.[0] ?? String(permission),
    }));
    return { kind: "permissions", at, id: uid, spec: { opened, teams: [...ours] } };
  };
  return {
    title,
    place: title,
    versions: true,
    holds: ({ kind, at: place }) => kind === "permissions" && isIn(place, at),
    async list(wanted) {
      ours = new Set(wanted.flatMap(({ spec }) => (spec as FolderPermissions).teams));
      return (await Promise.all(wanted.map(({ id }) => live(id)))).flatMap((one) => one ?? []);
    },
    async objections(resources) {
      if (parentFolder === undefined) return [];
      const above = await entriesAbove(http, parentFolder);
      return resources.flatMap((resource) => {
        const { opened } = resource.spec as FolderPermissions;
        const known = new Map(opened.map(({ to, may }) => [to, permissions[may]]));
        const others = above.filter(({ to, permission }) => permission > (known.get(to) ?? 0));
        if (others.length === 0) return [];
        const whom = [...new Set(others.map(({ to }) => to))].toSorted().join(", ");
        return {
          resource,
          reason: `folder ${resource.id} lies in the folder ${parentFolder}, which is open to ${whom}: Grafana lets them into all below it, whatever is said there`,
          mend: `close ${parentFolder} to them in Grafana, leave parentFolder out of the fleet's grafana, or leave permissions out of manage`,
        };
      });
    },
    read: ({ id }) => live(id),
    async put({ id, spec }) {
      const ids = await teamIds(http);
      // Grafana takes the whole set, and forgets what is not in it: so it is read at the last moment.
      const foreign = ((await read(id)) ?? []).filter((entry) => !isOurs(entry));
      const { opened } = spec as FolderPermissions;
      const items = [
        ...foreign.map(({ role, teamId, userId, permission }) => ({
          ...(role && { role }),
          ...(teamId !== undefined && teamId !== 0 && { teamId }),
          ...(userId !== undefined && userId !== 0 && { userId }),
          permission,
        })),
        ...opened.map(({ to, may }) => {
          if (everybody.has(to)) return { role: to, permission: permissions[may] };
          const teamId = ids.get(to);
          if (teamId === undefined) throw new ServerError(`Grafana has no team ${to}: publish teams too`);
          return { teamId, permission: permissions[may] };
        }),
      ];
      await http({ method: "POST", path: pathOf(id), body: { items } });
      const now = await live(id);
      if (!now || digestOf(now) !== digestOf({ kind: "permissions", id, spec })) {
        throw new ServerError(`Grafana did not keep the permissions of folder ${id} as they were written: run again`);
      }
    },
    remove: ({ id }) => Promise.reject(new ServerError(`the permissions of folder ${id} go with it`)),
  };
}

/** Whom a folder, and those that it lies in, let into what lies in it: roles and teams. Nobody where we may not see that. */
async function entriesAbove(http: Http, uid: string): Promise<{ readonly to: string; readonly permission: number }[]> {
  const home = await oneFolder(http, uid);
  if (!home) return [];
  const found = await Promise.all(
    [uid, ...(home.parents ?? []).map((parent) => parent.uid)].map(async (one) => {
      const answer = await http({ path: pathOf(one), accepts: [403] });
      return answer.status === 200 ? checked(entries, answer.text, `Grafana's permissions of folder ${one}`) : [];
    }),
  );
  return found.flat().flatMap(({ role, team, permission }) => {
    const to = team || (role !== undefined && everybody.has(role) ? role : "");
    return to === "" ? [] : [{ to, permission }];
  });
}

function pathOf(uid: string): string {
  return `/api/folders/${encodeURIComponent(uid)}/permissions`;
}

async function teamIds(http: Http): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let page = 1; ; page += 1) {
    const { text } = await http({ path: "/api/teams/search", query: { perpage: pageSize, page } });
    const { teams } = checked(teamPage, text, "Grafana's list of teams");
    for (const { id, name } of teams) found.set(name, id);
    if (teams.length < pageSize) return found;
  }
}
