import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { type Resource, resourceId } from "../bundle.ts";
import type { Journal, Step } from "./apply.ts";
import { digestOf } from "./normal-form.ts";
import type { Memory } from "./plan.ts";
import type { Live } from "./target.ts";

/** A thing as a plan knows it: what is there, or what is wanted. */
export type Recorded = Pick<Live, "kind" | "at" | "id" | "spec">;

/** What one step did, or may have done where the run was killed within it. */
export interface Entry {
  readonly before: Recorded | undefined;
  readonly after: Recorded | undefined;
  readonly outcome: "done" | "failed" | "unknown";
}

export interface Run {
  readonly id: string;
  /** Did it come to its end? */
  readonly ended: boolean;
  /** The runs that it undid. */
  readonly undoes: readonly string[];
  readonly entries: readonly Entry[];
}

export interface OpenJournal extends Journal {
  readonly run: string;
  readonly close: (summary: { readonly failed: number; readonly untried: number }) => Promise<void>;
}

const place = z.union([
  z.object({ system: z.literal("grafana"), grafana: z.string().exactOptional(), organisation: z.number() }),
  z.object({ system: z.enum(["mimir", "loki"]), tenant: z.string(), namespace: z.string() }),
  z.object({ system: z.literal("alertmanager"), tenant: z.string() }),
]);
const recorded = z.object({
  kind: z.enum(["folder", "team", "permissions", "datasource", "dashboard", "rule-group", "alertmanager"]),
  at: place,
  id: z.string(),
  spec: z.unknown(),
});
const line = z.union([
  z.object({ run: z.string(), project: z.string(), undoes: z.array(z.string()) }),
  z.object({ begin: z.number(), before: recorded.optional(), after: recorded.optional() }),
  z.object({ end: z.number(), error: z.string().optional() }),
  z.object({ closed: z.object({ failed: z.number(), untried: z.number() }) }),
]);

/**
 * Begins to keep a run: one file of lines, each on disk before the step goes on. Values are as the plan shows them, so
 * secrets are names here too.
 */
export async function openJournal(
  folder: string,
  project: string,
  undoes: readonly string[] = [],
): Promise<OpenJournal> {
  const runs = folderOf(folder, project);
  await mkdir(runs, { recursive: true });
  const run = `${new Date().toISOString().replaceAll(/[-:]/gu, "")}-${randomBytes(3).toString("hex")}`;
  const file = await open(join(runs, `${run}.jsonl`), "ax");
  const keep = written(file);
  await keep({ run, project, undoes: [...undoes] });
  const numbers = new Map<Step, number>();
  return {
    run,
    async begin(change) {
      const number = numbers.size;
      numbers.set(change, number);
      const before = change.action === "create" ? undefined : change.before;
      const after = change.action === "delete" ? undefined : change.resource;
      // A move is two things: what comes, and what goes.
      await keep({
        begin: number,
        ...(before && { before: essence(before) }),
        ...(after && { after: essence(after) }),
      });
    },
    async end(change, error) {
      await keep({ end: numbers.get(change) ?? -1, ...(error && { error: error.message }) });
    },
    async close(closed) {
      await keep({ closed });
      await file.close();
    },
  };
}

/** One line after the other, each on the disk; those that come while the disk is busy go there together. */
function written(file: FileHandle): (content: z.input<typeof line>) => Promise<void> {
  let waiting = "";
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return (content) => {
    waiting += `${JSON.stringify(content)}\n`;
    next ??= last = last.then(async () => {
      const lines = waiting;
      waiting = "";
      next = undefined;
      await file.appendFile(lines);
      await file.datasync();
    });
    return next;
  };
}

function essence({ kind, at, id, spec }: Resource | Live): z.input<typeof recorded> {
  return { kind, at, id, spec } as z.input<typeof recorded>;
}

function folderOf(folder: string, project: string): string {
  return join(folder, project, "runs");
}

/** Every run that was kept of a project, the first one first. */
export async function readRuns(folder: string, project: string): Promise<Run[]> {
  const runs = folderOf(folder, project);
  const names = await readdir(runs).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new Error(`${runs} can't be read (${error.code})`, { cause: error });
  });
  const files = names.filter((name) => name.endsWith(".jsonl")).toSorted();
  return Promise.all(files.map(async (name) => runOf(join(runs, name), await readFile(join(runs, name), "utf8"))));
}

function runOf(path: string, text: string): Run {
  const lines = text.split("\n").filter((one) => one !== "");
  const entries: { before: Recorded | undefined; after: Recorded | undefined; outcome: Entry["outcome"] }[] = [];
  let head: { readonly run: string; readonly undoes: readonly string[] } | undefined;
  let ended = false;
  lines.forEach((one, at) => {
    const parsed = line.safeParse(jsonOf(one));
    if (!parsed.success) {
      // The last line of a run that was killed may be half a line; nothing was begun after it.
      if (at === lines.length - 1) return;
      throw new Error(`${path}, line ${at + 1} is not what fleetglass writes: restore the file, or move it away`);
    }
    const { data } = parsed;
    if ("run" in data) head = data;
    else if ("begin" in data) {
      entries[data.begin] = { before: data.before, after: data.after, outcome: "unknown" };
    } else if ("end" in data) {
      const entry = entries[data.end];
      if (entry) entry.outcome = data.error === undefined ? "done" : "failed";
    } else ended = true;
  });
  return {
    id: head?.run ?? path,
    undoes: head?.undoes ?? [],
    ended,
    entries: entries.filter((one) => one !== undefined),
  };
}

/** What a failed or killed step left behind is not known, and has no entry. */
export function lastWritten(runs: readonly Run[]): Memory {
  const last = new Map<string, string | undefined>();
  for (const { before, after, outcome } of runs.flatMap(({ entries }) => entries)) {
    if (before) last.set(resourceId(before), undefined);
    // Who may see a folder goes with it.
    if (before?.kind === "folder" && !after) last.set(resourceId({ ...before, kind: "permissions" }), undefined);
    if (after) last.set(resourceId(after), digestOf(after));
    if (outcome !== "done") for (const one of [before, after]) if (one) last.delete(resourceId(one));
  }
  return last;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A thing as it was before some runs, and how they left it: in one way, or where a step failed in one of several. */
export interface Undone {
  readonly before?: Recorded | undefined;
  readonly left: readonly (Recorded | undefined)[];
}

/** What to restore to undo runs: each thing as it was before the first of them, and as they left it. */
export function undone(runs: readonly Run[]): ReadonlyMap<string, Undone> {
  const things = new Map<string, Undone>();
  for (const { before, after, outcome } of runs.flatMap(({ entries }) => entries)) {
    const note = (one: Recorded, was: Recorded | undefined, is: Recorded | undefined): void => {
      const known = things.get(resourceId(one));
      // A step that failed may have done nothing.
      const left = outcome === "done" ? [is] : [...(known?.left ?? [was]), is];
      things.set(resourceId(one), { before: known ? known.before : was, left });
    };
    if (before && after && resourceId(before) !== resourceId(after)) {
      note(before, before, undefined);
      note(after, undefined, after);
    } else {
      const one = before ?? after;
      if (one) note(one, before, after);
    }
  }
  return things;
}
