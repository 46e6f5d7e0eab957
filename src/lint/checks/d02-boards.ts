import type { Check, Found } from "../check.ts";
import type { Board, DataSourceThing, Panel, Subject } from "../subject.ts";

/** More than anyone looks at, and more than a Grafana loads in time. */
const mostPanels = 100;

/** What a board is held together by: ids, sources, links; and what a panel has to say of itself. */
export const boardsHoldTogether: Check = {
  id: "D02",
  about:
    "Panels with one id, sources and links that lead nowhere, and numbers without a unit are read wrongly or not at all.",
  severity: "warning",
  *run(subject) {
    const { boards, dataSources, setting } = subject;
    yield* twice(dataSources);
    const uids = new Map<string, Board>();
    for (const board of boards) {
      const known = uids.get(board.uid);
      const twin = known && placeOf(known) === placeOf(board) ? known : undefined;
      if (twin && board.uid !== "")
        yield { thing: board, message: `has the uid ${board.uid} of ${twin.where} in ${twin.resource}` };
      uids.set(board.uid, board);
    }
    for (const board of boards) {
      yield* ofPanels(board, setting.generated);
      yield* ofSources(board, subject);
      for (const link of board.links) {
        const [, uid] = /\/d\/([\w-]+)/u.exec(link.url.replaceAll(/\$\{[^}]*\}/gu, "$")) ?? [];
        // Other boards may exist that are not linted here; one that the head names, as a fleet's `links` do, is somebody's own.
        const inHead = link.path.length === board.path.length + 2;
        if (setting.generated && !inHead && uid !== undefined && !uids.has(uid)) {
          yield { thing: link, message: `leads to the board ${uid}, which there is not` };
        }
      }
    }
  },
};

function* ofPanels(board: Board, generated: boolean): Generator<Found> {
  const ids = new Map<number, Panel>();
  for (const panel of board.panels) {
    const { id } = panel;
    const twin = id === undefined ? undefined : ids.get(id);
    if (twin) yield { thing: panel, message: `has the id ${id} of ${twin.where}: links lead to either of them` };
    if (id !== undefined) ids.set(id, panel);
    if (!panel.drawsNumbers && !(generated && panel.type !== "row" && panel.type !== "text")) continue;
    if (panel.title === "") yield { thing: panel, message: "has no title" };
    if (generated && panel.description === "") {
      yield { thing: panel, message: "has no description: say which question it answers" };
    }
    if (generated && panel.drawsNumbers && panel.unit === undefined) yield { thing: panel, message: "has no unit" };
  }
  if (board.panels.length > mostPanels) {
    yield { thing: board, message: `has ${board.panels.length} panels: nobody looks at more than ${mostPanels}` };
  }
}

function* ofSources({ panels }: Board, { dataSources }: Subject): Generator<Found> {
  const known = new Set(dataSources.flatMap(({ uid, name }) => [uid, name]));
  if (known.size === 0) return;
  for (const panel of panels) {
    for (const { source } of panel.targets) {
      const uid = source?.uid;
      if (uid === undefined || uid === "" || uid.includes("$") || uid.startsWith("-- ") || known.has(uid)) continue;
      yield { thing: panel, message: `reads the data source ${uid}, which there is not` };
      break;
    }
  }
}

function* twice(dataSources: readonly DataSourceThing[]): Generator<Found> {
  const [uids, names] = [new Set<string>(), new Set<string>()];
  for (const source of dataSources) {
    const place = placeOf(source);
    if (source.uid !== "" && uids.has(`${place} ${source.uid}`))
      yield { thing: source, message: `two data sources have the uid ${source.uid}` };
    if (source.name !== "" && names.has(`${place} ${source.name}`))
      yield { thing: source, message: `two data sources are called ${source.name}` };
    uids.add(`${place} ${source.uid}`);
    names.add(`${place} ${source.name}`);
  }
}

/** Of what is generated, in which Grafana and organisation it is: each has uids and names of its own. */
function placeOf({ resource }: Pick<Board, "resource">): string {
  const [, place = ""] = /^(?:dashboard|datasource)\/(grafana\/.+)\/[^/]*$/u.exec(resource) ?? [];
  return place;
}
