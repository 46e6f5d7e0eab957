import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PreviewBoard, Theme } from "../bundle.ts";
import { snapshot } from "./snapshot.ts";

/** A bundle that is served somewhere. */
export interface Side {
  readonly url: string;
  readonly boards: readonly PreviewBoard[];
}

export interface CompareOptions {
  /** Folder of the page and its pictures. */
  readonly folder: string;
  readonly theme: Theme;
  readonly width: number;
  readonly query: string;
}

interface Difference {
  readonly uid: string;
  readonly title: string;
  readonly before?: PreviewBoard;
  readonly after?: PreviewBoard;
}

export interface Compared {
  readonly file: string;
  readonly changed: number;
  readonly same: number;
  readonly problems: readonly string[];
}

/** Writes a page with two pictures of each board that differs, before and after, and what of it changed. */
export async function compare(before: Side, after: Side, options: CompareOptions): Promise<Compared> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true });
  const differences = differencesOf(before.boards, after.boards);
  const problems: string[] = [];
  for (const { uid, before: old, after: fresh } of differences) {
    for (const [side, board, name] of [
      [before, old, "before"],
      [after, fresh, "after"],
    ] as const) {
      if (board !== undefined) {
        const seen = await snapshot(side.url, { ...options, uid, file: join(folder, picture(uid, name)) });
        problems.push(...seen.problems.map((problem) => `${name} ${uid}: ${problem}`));
      }
    }
  }
  const same = after.boards.length - differences.filter((one) => one.after !== undefined).length;
  const file = join(folder, "index.html");
  writeFileSync(file, page(differences, same));
  return { file, changed: differences.length, same, problems };
}

function picture(uid: string, side: "before" | "after"): string {
  return `${uid}-${side}.png`;
}

function differencesOf(before: readonly PreviewBoard[], after: readonly PreviewBoard[]): Difference[] {
  const old = new Map(before.map((board) => [board.uid, board]));
  const uids = [...new Set([...before, ...after].map(({ uid }) => uid))].sort();
  const fresh = new Map(after.map((board) => [board.uid, board]));
  return uids.flatMap((uid) => {
    const [was, is] = [old.get(uid), fresh.get(uid)];
    const differs = JSON.stringify(was?.dashboard) !== JSON.stringify(is?.dashboard);
    return differs
      ? [{ uid, title: (is ?? was)?.title ?? uid, ...(was && { before: was }), ...(is && { after: is }) }]
      : [];
  });
}

function page(differences: readonly Difference[], same: number): string {
  const count = differences.length === 1 ? "1 board differs" : `${differences.length} boards differ`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Before and after: ${count}</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
  body { margin: 2rem; }
  .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; align-items: start; }
  figure { margin: 0; }
  img { width: 100%; border: 1px solid GrayText; }
  .none { border: 1px dashed GrayText; padding: 2rem; text-align: center; color: GrayText; }
</style>
<h1>${count}</h1>
<p>${same} ${same === 1 ? "is" : "are"} the same.</p>
${differences.map(section).join("\n")}
</html>
`;
}

function section(difference: Difference): string {
  const { uid, title, before, after } = difference;
  const changes = changesOf(difference).map((change) => `<li>${escaped(change)}</li>`);
  const side = (board: PreviewBoard | undefined, name: "before" | "after"): string =>
    board === undefined
      ? `<p class="none">${name === "before" ? "new" : "removed"}</p>`
      : `<figure><a href="${picture(uid, name)}"><img src="${picture(uid, name)}" alt="${escaped(title)}, ${name}"></a><figcaption>${name}</figcaption></figure>`;
  return `<section>
<h2>${escaped(title)} <small>${escaped(uid)}</small></h2>
<ul>${changes.join("")}</ul>
<div class="pair">${side(before, "before")}${side(after, "after")}</div>
</section>`;
}

/** Panels by their titles, which are unique on a board; what else differs is said in one line. */
function changesOf({ before, after }: Difference): string[] {
  if (before === undefined || after === undefined) {
    return [before === undefined ? "the board is new" : "the board is removed"];
  }
  const [was, is] = [panelsOf(before), panelsOf(after)];
  const panels = [...new Set([...was.keys(), ...is.keys()])].flatMap((title) => {
    const [old, fresh] = [was.get(title), is.get(title)];
    if (old === fresh) {
      return [];
    }
    return [`panel “${title}” ${old === undefined ? "is new" : fresh === undefined ? "is removed" : "changed"}`];
  });
  return panels.length > 0 ? panels : ["only what surrounds the panels changed"];
}

function panelsOf({ dashboard }: PreviewBoard): Map<string, string> {
  const { panels = [] } = dashboard as { readonly panels?: readonly { readonly title?: string }[] };
  return new Map(panels.map((panel) => [panel.title ?? "", JSON.stringify(panel)]));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
