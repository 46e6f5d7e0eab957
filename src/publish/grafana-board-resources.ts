import * as z from "zod";
import type { BoardResource, Resource } from "../bundle.ts";
import { inModel } from "./board-form.ts";
import { checksumKey, classicLive, isClassic, liveResource } from "./grafana-board-live.ts";
import { type Api, type Item, modelIn, models, type ModelVersion, pathOf, resourceItem } from "./grafana-boards-api.ts";
import { jsonIn, ServerError } from "./http.ts";
import { digestOf } from "./normal-form.ts";
import type { Live, Objection } from "./target.ts";

/** What a board's history says of a save. */
export const message = "published by fleetglass";

export function objectionTo(resource: Resource, versions: readonly string[]): Objection[] {
  const { dashboard } = resource.spec as { readonly dashboard: BoardResource };
  const version = modelIn(versions);
  if (version === undefined) {
    const has =
      versions.length === 0 ? "it has none of the APIs of 12" : `it has ${[...versions].toSorted().join(", ")}`;
    return [
      {
        resource,
        reason: `dashboard ${resource.id} is in the model v2, which this Grafana does not have (${has})`,
        mend: "update Grafana to 12.2 or later, write the board with row() and panels, which every Grafana takes, or leave it out",
      },
    ];
  }
  if (writtenAs(dashboard, versions) !== undefined) return [];
  return [
    {
      resource,
      reason: `dashboard ${resource.id} has preferences, which the only version of the model that this Grafana has, ${version}, can't say`,
      mend: "update Grafana to 13, or leave spec.preferences out: only Grafana's editor reads them",
    },
  ];
}

/** In its own version where Grafana has that, else in the one that it has. */
function writtenAs(dashboard: BoardResource, versions: readonly string[]): BoardResource | undefined {
  const own = models.find((model) => dashboard.apiVersion.endsWith(`/${model}`) && versions.includes(model));
  const version = own ?? modelIn(versions);
  return version && inModel(dashboard, version);
}

/** Writes a board of the model 2, over just the one that was read. What others keep beside it stays. */
export async function putResource(
  api: Api,
  resource: Resource,
  { before, versions }: { readonly before: Live | undefined; readonly versions: readonly string[] },
): Promise<void> {
  const { http, namespace } = api;
  const { id } = resource;
  const { folder, dashboard } = resource.spec as { readonly folder: string; readonly dashboard: BoardResource };
  const board = writtenAs(dashboard, versions);
  if (!board) throw new ServerError(`Grafana has no model that dashboard ${id} could be written in: run again`);
  const version: ModelVersion = board.apiVersion.endsWith("/v2") ? "v2" : "v2beta1";
  const now = before && (await resourceItem(api, id, version));
  if (before) await refuseChanged(api, { before, now, version });
  const { "grafana.app/folder": _, ...others } = now?.metadata.annotations ?? {};
  const annotations = {
    ...others,
    ...(folder !== "" && { "grafana.app/folder": folder }),
    "grafana.app/message": message,
    [checksumKey]: digestOf(resource),
    // As Grafana itself asks for: else only administrators see what lies in no folder.
    ...(folder === "" && !before && { "grafana.app/grant-permissions": "default" }),
  };
  const { resourceVersion, labels } = now?.metadata ?? {};
  const { status: code, text } = await http({
    method: before ? "PUT" : "POST",
    path: pathOf(version, namespace, before && id),
    // Grafana would leave out what it does not know, and the plan would never be empty. Strictly it looks at the top only.
    query: { fieldValidation: "Strict" },
    body: {
      ...board,
      metadata: {
        name: id,
        ...(labels && { labels }),
        annotations,
        ...(resourceVersion !== undefined && { resourceVersion }),
      },
    },
    accepts: [409],
  });
  if (code === 409) throw changedMeanwhile(id, code);
  const kept = z.looseObject({ spec: z.unknown() }).safeParse(jsonIn(text)).data;
  const [dropped] = kept ? droppedFrom(board.spec, kept.spec, "spec") : [];
  if (dropped !== undefined)
    throw new ServerError(
      `Grafana saved dashboard ${id} without ${dropped}, which its model ${version} does not have: leave it out`,
    );
}

/** What was sent, says something, and was not kept. */
function droppedFrom(sent: unknown, kept: unknown, path: string): string[] {
  if (typeof sent !== "object" || sent === null) return kept === undefined && Boolean(sent) ? [path] : [];
  if (typeof kept !== "object" || kept === null) return Object.keys(sent).length === 0 ? [] : [path];
  const there = kept as Readonly<Record<string, unknown>>;
  return Object.entries(sent).flatMap(([key, item]) => droppedFrom(item, there[key], `${path}.${key}`));
}

async function refuseChanged(
  api: Api,
  { before, now, version }: { readonly before: Live; readonly now: Item | undefined; readonly version: ModelVersion },
): Promise<void> {
  if (!now) throw changedMeanwhile(before.id);
  const { resourceVersion } = now.metadata;
  if (typeof before.version === "string" && resourceVersion === before.version) return;
  const is = isClassic(before) ? await classicLive(api, before.id) : liveResource(api, now, version);
  if (!is || digestOf(is) !== digestOf(before)) throw changedMeanwhile(before.id);
}

export function changedMeanwhile(uid: string, status?: number): ServerError {
  return new ServerError(`dashboard ${uid} was changed by somebody else since the plan was made: run again`, status);
}
