import { sceneGraph, SceneDataTransformer, VizPanel } from "@grafana/scenes";
import { Alert } from "@grafana/ui";
import type { PreviewBoard, PreviewBundle } from "../../bundle.ts";
import type { Board } from "../scene/board.ts";
import { explainId } from "../scene/explain-button.tsx";
import { panelKey } from "../scene/panel-key.ts";
import { ExplainHeader } from "./explain-header.tsx";
import "./explain.css";
import { panelJson } from "./panel-json.ts";
import { PanelFindings } from "./panel-findings.tsx";
import { PanelSource } from "./panel-source.tsx";
import { QueriesExplained } from "./queries-explained.tsx";
import { QueriesWritten } from "./queries-written.tsx";
import { useClosing } from "./use-closing.ts";
import { useFocusOnOpen } from "./use-focus-on-open.ts";
import { usePanelInView } from "./use-panel-in-view.ts";

interface ExplainProps {
  readonly bundle: PreviewBundle;
  readonly board: PreviewBoard;
  readonly scene: Board;
  /** Of the panel, as the address says it. */
  readonly id: string;
}

/** Beside a board: what one of its panels asks, of whom, what it was answered, and why that may be nothing. */
export function Explain({ bundle, board, scene, id }: ExplainProps): JSX.Element {
  // Repeated panels are there only when the values are known that they stand for.
  scene.state.body.useState();
  const found = sceneGraph.findObject(scene, ({ state }) => state.key === panelKey(id));
  const panel = found instanceof VizPanel ? found : undefined;
  const json = panelJson(board.dashboard, id);
  const title =
    panel === undefined ? (json?.title ?? "") : sceneGraph.interpolate(panel, panel.state.title, undefined, "text");
  const close = useClosing(id);
  const heading = useFocusOnOpen(id);
  usePanelInView(id, panel !== undefined);
  return (
    <aside id={explainId} className="explain" aria-labelledby="explain-title">
      <ExplainHeader title={title} heading={heading} onClose={close} />
      {json?.description !== undefined && json.description !== "" && (
        <p className="explain-question">{json.description}</p>
      )}
      {json === undefined && <Alert severity="info" title={`This board has no panel ${id}.`} />}
      {json !== undefined && panel?.state.$data instanceof SceneDataTransformer && (
        <QueriesExplained key={panel.state.key} bundle={bundle} panel={panel} provider={panel.state.$data} />
      )}
      {json !== undefined && panel === undefined && <QueriesWritten json={json} />}
      {json !== undefined && (json.targets ?? []).length === 0 && (
        <p className="explain-quiet">This panel asks for no data.</p>
      )}
      <PanelFindings findings={bundle.findings} resource={board.resource} title={json?.title ?? ""} />
      {json !== undefined && <PanelSource json={json} origin={board.origin} />}
    </aside>
  );
}
