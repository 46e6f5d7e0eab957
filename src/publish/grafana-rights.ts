import * as z from "zod";
import { type Http, jsonIn } from "./http.ts";

const permissions = z.record(z.string(), z.array(z.string()));

/**
 * A line where a credential has no right at all to do something. Grafana tells what it may do; one that is older, or hides it,
 * leaves the question open, and whether the right reaches the place is seen when it is used.
 */
export async function lackingRight(
  http: Http,
  { title, action, what }: { readonly title: string; readonly action: string; readonly what: string },
): Promise<string[]> {
  const { status, text } = await http({ path: "/api/access-control/user/permissions", accepts: [401, 403] });
  const may = status === 200 ? permissions.safeParse(jsonIn(text)).data : undefined;
  if (!may || action in may) return [];
  return [`${title}: the credential may not ${what}: give its service account the role Admin, or the right ${action}`];
}
