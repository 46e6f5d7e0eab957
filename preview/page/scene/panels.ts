import {
  LocalValueVariable,
  type SceneDataProvider,
  SceneDataTransformer,
  SceneGridItem,
  type SceneGridItemLike,
  SceneGridRow,
  SceneQueryRunner,
  SceneVariableSet,
  VizPanel,
} from "@grafana/scenes";
import type { Choice, PlacedBlock, PlacedPanel } from "./blocks.ts";
import type { Panel } from "./dashboard.ts";
import { ExplainButton } from "./explain-button.tsx";
import { panelKey } from "./panel-key.ts";

/** Rows hold their panels, so that they can be folded. */
export function gridItems(blocks: readonly PlacedBlock[]): SceneGridItemLike[] {
  return blocks.flatMap(({ row, panels }): SceneGridItemLike[] => {
    const items = panels.map(gridItem);
    return row === undefined ? items : [gridRow(row, items)];
  });
}

function gridRow({ panel, at, copy, choice }: PlacedPanel, children: SceneGridItem[]): SceneGridRow {
  return new SceneGridRow({
    key: `row-${panel.id ?? panel.title}${copy}`,
    title: panel.title ?? "",
    isCollapsed: panel.collapsed ?? false,
    y: at.y,
    children,
    ...local(choice),
  });
}

function gridItem({ panel, at, copy, choice }: PlacedPanel): SceneGridItem {
  return new SceneGridItem({
    key: `grid-item-${panel.id}${copy}`,
    x: at.x,
    y: at.y,
    width: at.w,
    height: at.h,
    body: vizPanel(panel, copy),
    ...local(choice),
  });
}

/** What a repeated panel or row has one value of. */
function local(choice: Choice | undefined): { readonly $variables?: SceneVariableSet } {
  return choice === undefined
    ? {}
    : { $variables: new SceneVariableSet({ variables: [new LocalValueVariable({ ...choice })] }) };
}

function vizPanel(panel: Panel, copy: string): VizPanel {
  const data = panelData(panel);
  return new VizPanel({
    key: panelKey(`${panel.id}${copy}`),
    title: panel.title ?? "",
    pluginId: panel.type,
    options: panel.options ?? {},
    fieldConfig: panel.fieldConfig ?? { defaults: {}, overrides: [] },
    headerActions: new ExplainButton({}),
    ...(panel.description !== undefined && { description: panel.description }),
    ...(panel.pluginVersion !== undefined && { pluginVersion: panel.pluginVersion }),
    ...(panel.transparent === true && { displayMode: "transparent" as const }),
    ...(data !== undefined && { $data: data }),
  });
}

function panelData(panel: Panel): SceneDataProvider | undefined {
  const { targets = [], datasource, transformations = [], maxDataPoints, interval } = panel;
  if (targets.length === 0) {
    return undefined;
  }
  const runner = new SceneQueryRunner({
    queries: [...targets],
    maxDataPointsFromWidth: maxDataPoints === undefined,
    ...(datasource !== undefined && { datasource }),
    ...(maxDataPoints !== undefined && { maxDataPoints }),
    ...(interval !== undefined && { minInterval: interval }),
  });
  return new SceneDataTransformer({ $data: runner, transformations: [...transformations] });
}
