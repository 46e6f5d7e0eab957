import { DashboardCursorSync } from "@grafana/schema";
import {
  behaviors,
  dataLayers,
  SceneControlsSpacer,
  SceneDataLayerSet,
  SceneObjectBase,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  type SceneVariable,
  SceneVariableSet,
  VariableValueSelectors,
} from "@grafana/scenes";
import type { PreviewBundle } from "../../bundle.ts";
import { AnnotationToggles } from "./annotation-toggles.tsx";
import { BoardLinks, type Sibling } from "./board-links.tsx";
import type { Dashboard, Variable } from "./dashboard.ts";
import type { BoardState } from "./board-state.ts";
import { BoardView } from "./board-view.tsx";
import { grid } from "./grid.ts";
import { variable } from "./variables.ts";

/** A whole dashboard as a scene. */
export class Board extends SceneObjectBase<BoardState> {
  static Component = BoardView;
}

export interface BoardOptions {
  /** Boards that its links may lead to. */
  readonly siblings: readonly Sibling[];
  readonly data: PreviewBundle["data"];
}

/** Scenes for one of the boards. */
export function board(dashboard: Dashboard, { siblings, data }: BoardOptions): Board {
  const missing: string[] = [];
  const annotations = dashboard.annotations?.list ?? [];
  const layers = annotations
    .filter(({ builtIn }) => !builtIn)
    .map(
      (query, at) =>
        new dataLayers.AnnotationsDataLayer({
          key: `annotations-${at}`,
          name: query.name,
          query,
          isEnabled: query.enable,
          isHidden: query.hide === true,
        }),
    );
  const switched = layers.filter(({ state }) => !state.isHidden).map((layer) => layer.getRef());
  return new Board({
    uid: dashboard.uid,
    title: dashboard.title,
    missing,
    $timeRange: new SceneTimeRange({
      ...timeOf(dashboard, data),
      ...(dashboard.timezone !== undefined && { timeZone: dashboard.timezone }),
    }),
    $variables: new SceneVariableSet({ variables: variables(dashboard.templating?.list ?? [], missing) }),
    $data: new SceneDataLayerSet({ layers }),
    $behaviors: [new behaviors.CursorSync({ key: "sync", sync: dashboard.graphTooltip ?? DashboardCursorSync.Off })],
    controls: [
      new VariableValueSelectors({}),
      ...(switched.length > 0 ? [new AnnotationToggles({ layers: switched })] : []),
      ...(dashboard.links?.length ? [new BoardLinks({ links: dashboard.links, siblings })] : []),
      new SceneControlsSpacer(),
      new SceneTimePicker({ isOnCanvas: true }),
      // Its button has no other name than its text.
      new SceneRefreshPicker({ refresh: refreshOf(dashboard, data), isOnCanvas: true, withText: true }),
    ],
    body: grid(dashboard.panels ?? []),
  });
}

/** What is recorded is from one stretch of time: "now" would show nothing. */
function timeOf({ time }: Dashboard, data: BoardOptions["data"]): { readonly from: string; readonly to: string } {
  return data.kind === "recorded"
    ? { from: new Date(data.from).toISOString(), to: new Date(data.to).toISOString() }
    : { from: time?.from ?? "now-6h", to: time?.to ?? "now" };
}

/** What is recorded does not change. */
function refreshOf({ refresh = "" }: Dashboard, { kind }: BoardOptions["data"]): string {
  return kind === "recorded" ? "" : refresh;
}

function variables(described: readonly Variable[], missing: string[]): SceneVariable[] {
  return described.flatMap((each) => {
    try {
      return [variable(each)];
    } catch (error) {
      missing.push(error instanceof Error ? error.message : String(error));
      return [];
    }
  });
}
