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
import type { PreviewBoard } from "../../bundle.ts";
import { AnnotationToggles } from "./annotation-toggles.tsx";
import { BoardLinks } from "./board-links.tsx";
import type { Dashboard, Variable } from "./dashboard.ts";
import type { BoardState } from "./board-state.ts";
import { BoardView } from "./board-view.tsx";
import { grid } from "./grid.ts";
import { variable } from "./variables.ts";

/** A whole dashboard as a scene. */
export class Board extends SceneObjectBase<BoardState> {
  static Component = BoardView;
}

/** Scenes for one of the boards; `boards` are those that its links may lead to. */
export function board(dashboard: Dashboard, boards: readonly PreviewBoard[]): Board {
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
      from: dashboard.time?.from ?? "now-6h",
      to: dashboard.time?.to ?? "now",
      ...(dashboard.timezone !== undefined && { timeZone: dashboard.timezone }),
    }),
    $variables: new SceneVariableSet({ variables: variables(dashboard.templating?.list ?? [], missing) }),
    $data: new SceneDataLayerSet({ layers }),
    $behaviors: [new behaviors.CursorSync({ key: "sync", sync: dashboard.graphTooltip ?? DashboardCursorSync.Off })],
    controls: [
      new VariableValueSelectors({}),
      ...(switched.length > 0 ? [new AnnotationToggles({ layers: switched })] : []),
      ...(dashboard.links?.length ? [new BoardLinks({ links: dashboard.links, boards })] : []),
      new SceneControlsSpacer(),
      new SceneTimePicker({ isOnCanvas: true }),
      new SceneRefreshPicker({ refresh: dashboard.refresh ?? "", isOnCanvas: true }),
    ],
    body: grid(dashboard.panels ?? []),
  });
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
