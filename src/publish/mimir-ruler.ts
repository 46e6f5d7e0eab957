import type { Http } from "./http.ts";
import { ruler, type RulerOptions } from "./ruler.ts";
import type { Target } from "./target.ts";

/** A tenant's rule groups in Mimir. */
export function mimirRuler(http: Http, options: RulerOptions): Target {
  return ruler(http, { name: "Mimir", system: "mimir", api: "/prometheus/config/v1/rules" }, options);
}
