import * as z from "zod";
import type { DashboardResource, Resource } from "../bundle.ts";
import { checked } from "./answer.ts";
import { nameIn } from "./board-form.ts";
import { ownerOf } from "./grafana-board-live.ts";
import { type Answer, type Http, jsonIn } from "./http.ts";
import type { Objection } from "./target.ts";

const hits = z.array(
  z.looseObject({
    uid: z.string(),
    title: z.string(),
    folderUid: z.string().optional(),
    tags: z.array(z.string()).nullish(),
  }),
);

interface Hit {
  readonly uid: string;
  readonly title: string;
  readonly folderUid?: string | undefined;
  readonly tags?: readonly string[] | null | undefined;
}

const health = z.looseObject({ version: z.string().optional() });
const refusal = z.looseObject({ status: z.literal("name-exists") });

/** The first that keeps several boards of one title in a folder. */
const several = { major: 11, minor: 2 };

const pageSize = 1000;

/** All boards of an organisation, or those with a tag, as Grafana's search finds them. */
export async function searched(http: Http, tag?: string): Promise<readonly Hit[]> {
  const found: Hit[] = [];
  for (let page = 1; ; page += 1) {
    const query = { type: "dash-db", ...(tag !== undefined && { tag }), limit: pageSize, page };
    const { text } = await http({ path: "/api/search", query });
    const some = checked(hits, text, "Grafana's search for dashboards");
    found.push(...some);
    if (some.length < pageSize) return found;
  }
}

/** Boards whose title somebody else's has in the same folder, where Grafana keeps one only. */
export async function titleObjections(http: Http, resources: readonly Resource[]): Promise<Objection[]> {
  const { text } = await http({ path: "/api/health" });
  const { version } = checked(health, text, "Grafana's health");
  if (version === undefined || !isBefore(version)) return [];
  const all = (await searched(http)).filter(({ tags }) => ownerOf(tags) === undefined);
  return resources.flatMap((resource) => {
    const { folder, title } = nameIn(resource.spec as DashboardResource["spec"]);
    const twin = all.find((one) => one.uid !== resource.id && one.title === title && (one.folderUid ?? "") === folder);
    if (!twin) return [];
    const reason = `there is a dashboard "${title}" in its folder already (uid ${twin.uid}), and Grafana ${version} keeps one of a title`;
    return [{ resource, reason, mend: "rename it, move it to another folder, or give ours another title" }];
  });
}

/** Was a board refused for its title? */
export function isTitleTaken({ status, text }: Answer): boolean {
  return status === 412 && refusal.safeParse(jsonIn(text)).success;
}

function isBefore(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < several.major || (major === several.major && minor < several.minor);
}
