import type { SceneObject, SceneObjectState } from "@grafana/scenes";

export interface BoardState extends SceneObjectState {
  uid: string;
  title: string;
  /** What of the dashboard the preview does not show; said on the page. */
  missing: readonly string[];
  body: SceneObject;
  controls: readonly SceneObject[];
}
