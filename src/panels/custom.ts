import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { Panel as Model } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Query } from "../queries/query.ts";
import type { Panel } from "./panel.ts";

export interface CustomOptions {
  readonly title: string;
  /** What it reads; it is left out where the fleet has none of it. */
  readonly queries?: readonly Query[];
  readonly span?: number;
  readonly height?: number;
  /** Any panel builder of the SDK, made anew at each call. Its uid of a data source may be a hole. */
  readonly build: () => Builder<Model>;
}

/** A panel of a kind that has no function here, as the SDK builds it, without house style. */
export function custom({ title, queries = [], span = 12, height = 8, build }: CustomOptions): Panel {
  return { title, queries, span, height, build };
}
