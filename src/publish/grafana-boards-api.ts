import * as z from "zod";
import type { GrafanaPlace } from "../bundle.ts";
import type { Early } from "./ahead.ts";
import { checked } from "./answer.ts";
import { type Http, jsonIn } from "./http.ts";
import { shared } from "./shared.ts";

export interface Api {
  readonly http: Http;
  readonly at: GrafanaPlace;
  readonly project: string;
  /** What the API calls the organisation. */
  namespace: string;
}

const group = z.looseObject({ versions: z.array(z.looseObject({ version: z.string() })) });
/** Of a board that is kept in another model than the one it is asked for in. */
const conversion = z.looseObject({ storedVersion: z.string().optional(), failed: z.boolean().optional() });
const metadata = z.looseObject({
  name: z.string(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});
const status = z.looseObject({ conversion: conversion.optional() }).optional();
const spec = z.looseObject({ tags: z.array(z.string()).nullish() });
/** What can't be told in a version has no specification there. */
const item = z.looseObject({ status, metadata, spec: spec.nullish().transform((told) => told ?? {}) });
const items = z.looseObject({ metadata: z.looseObject({ continue: z.string().optional() }), items: z.array(item) });

/** A board as the API tells of it. */
export interface Item {
  readonly status?: { readonly conversion?: (Readonly<Record<string, unknown>> & Conversion) | undefined } | undefined;
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion?: string | undefined;
    /** What the API of classic boards calls its version. */
    readonly generation?: number | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
  readonly spec: Readonly<Record<string, unknown>> & { readonly tags?: string[] | null | undefined };
}

interface Conversion {
  readonly storedVersion?: string | undefined;
  readonly failed?: boolean | undefined;
}

/** The first of these that a Grafana has: the classic model, as it was saved rather than migrated. */
const listed = ["v0alpha1", "v1beta1", "v1"];
export const listSize = 100;
const groupPath = "/apis/dashboard.grafana.app";

/** The versions of the model 2 that we read and write, the best first. */
export const models = ["v2", "v2beta1"] as const;
export type ModelVersion = (typeof models)[number];

/**
 * Which versions of its API for dashboards does a Grafana have? None before 12, or where nobody may ask. (11 has some of its own, whose
 * pages repeat boards and leave out others.)
 */
export async function apiVersions(http: Http, early: Early = {}): Promise<readonly string[]> {
  const { status: code, text } = await http({ path: groupPath, accepts: [401, 403], ...early });
  if (code !== 200) return [];
  const versions = checked(group, text, "Grafana's list of dashboard APIs").versions.map(({ version }) => version);
  return versions.some((version) => /^v1(?:beta\d+)?$/u.test(version)) ? versions : [];
}

export function modelIn(versions: readonly string[]): ModelVersion | undefined {
  return models.find((model) => versions.includes(model));
}

export function pathOf(version: string, namespace: string, uid?: string): string {
  const path = `${groupPath}/${version}/namespaces/${encodeURIComponent(namespace)}/dashboards`;
  return uid === undefined ? path : `${path}/${encodeURIComponent(uid)}`;
}

/** What the API calls an organisation. */
export function usualNamespace({ organisation }: GrafanaPlace): string {
  return organisation === 1 ? "default" : `org-${organisation}`;
}

const settings = z.looseObject({ namespace: z.string() });

/** In Grafana Cloud it is a stack's: where the usual one has no boards to tell of, Grafana is asked how it calls it. */
async function toldNamespace(http: Http, early: Early): Promise<string | undefined> {
  const { status: code, text } = await http({
    path: "/api/frontend/settings",
    signal: early.signal,
    accepts: [401, 403],
  });
  return code === 200 ? settings.safeParse(jsonIn(text)).data?.namespace : undefined;
}

/** Every dashboard of the organisation with its content, in a request for each hundred; no items where Grafana can't. */
export async function allDashboards(
  http: Http,
  at: GrafanaPlace,
  early: Early = {},
  like?: (uid: string) => unknown,
): Promise<Everything> {
  const versions = await apiVersions(http, early);
  const usual = usualNamespace(at);
  const version = listed.find((name) => versions.includes(name));
  if (version === undefined) return { versions, namespace: usual };
  const found = await pages(http, pathOf(version, usual), early, like);
  if (found) return { versions, namespace: usual, items: found };
  const namespace = (await toldNamespace(http, early)) ?? usual;
  const own = namespace === usual ? undefined : await pages(http, pathOf(version, namespace), early, like);
  return { versions, namespace, ...(own && { items: own }) };
}

interface Everything {
  readonly versions: readonly string[];
  readonly namespace: string;
  readonly items?: readonly Item[];
}

export async function pages(
  http: Http,
  path: string,
  early: Early = {},
  like: (uid: string) => unknown = () => undefined,
): Promise<readonly Item[] | undefined> {
  const found: Item[] = [];
  const names = new Set<string>();
  for (let next: string | undefined = ""; next !== undefined;) {
    const page = await http({
      path,
      signal: early.signal,
      query: { limit: listSize, ...(next !== "" && { continue: next }) },
      accepts: [403],
    });
    if (page.status !== 200) return undefined;
    const answer = checked(items, page.text, "Grafana's list of dashboards");
    // Some Grafanas begin again on the second page, and leave out what it should hold: theirs is no list to go by.
    if (answer.items.some(({ metadata: own }) => names.has(own.name))) return undefined;
    for (const { metadata: own } of answer.items) names.add(own.name);
    found.push(...answer.items.map((one) => ({ ...one, spec: shared(one.spec, like(one.metadata.name)) })));
    next = answer.metadata.continue === "" ? undefined : answer.metadata.continue;
  }
  return found;
}

/** In which version of the model 2 is it kept, by what is said of it in a classic one? Undefined for a classic board. */
export function storedModel({ status: said }: Pick<Item, "status">): string | undefined {
  const stored = said?.conversion?.storedVersion;
  return stored?.startsWith("v2") === true ? stored : undefined;
}

/**
 * Is a board that is told of in the model 2 kept in it? A board that was saved in another model than before is told of, in the version
 * that it is kept in, with what was true before (Grafana 12.4 does not let a save change the status). In all others it is
 * told what is true, so it is classic where one of two classic versions says so.
 */
export async function isKeptNewer(
  api: Api,
  { metadata: own, status: said }: Item,
  versions: readonly string[],
): Promise<boolean> {
  const stored = said?.conversion?.storedVersion;
  if (stored === undefined || stored.startsWith("v2")) return true;
  const classic = listed.filter((version) => versions.includes(version)).slice(0, 2);
  const found = await Promise.all(classic.map((version) => resourceItem(api, own.name, version)));
  return found.every((one) => one !== undefined && storedModel(one) !== undefined);
}

export function readableModel(one: Item, versions: readonly string[]): ModelVersion | undefined {
  const stored = storedModel(one);
  return models.find((model) => model === stored && versions.includes(model)) ?? modelIn(versions);
}

export async function resourceItem(
  { http, namespace }: Pick<Api, "http" | "namespace">,
  uid: string,
  version: string,
): Promise<Item | undefined> {
  const { status: code, text } = await http({ path: pathOf(version, namespace, uid) });
  return code === 404 ? undefined : checked(item, text, `Grafana's dashboard ${uid}`);
}
