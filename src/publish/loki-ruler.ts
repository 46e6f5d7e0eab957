import type { Http } from "./http.ts";
import { lokiApi, ruler, type RulerOptions } from "./ruler.ts";
import type { Target } from "./target.ts";

/** A tenant's rule groups in Loki: LogQL, and of a group only its name, interval, limit and rules. */
export function lokiRuler(http: Http, options: RulerOptions): Target {
  return ruler(http, lokiApi, options);
}
