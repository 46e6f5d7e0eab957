import type { Http } from "./http.ts";

/** Marks now on every graph that asks for annotations of these tags: `fleetglass`, `deploy` and the project's name. */
export async function annotate(
  http: Http,
  { project, text }: { readonly project: string; readonly text: string },
): Promise<void> {
  const body = { text, tags: ["fleetglass", "deploy", project], time: Date.now() };
  await http({ method: "POST", path: "/api/annotations", body });
}
