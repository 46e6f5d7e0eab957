import { type FormatVariable, type SceneObject, sceneGraph } from "@grafana/scenes";
import { Board } from "../scene/board.ts";

/** `${__dashboard.uid}` and `.title`, which Grafana's core adds to what scenes knows. */
export class DashboardMacro implements FormatVariable {
  state: { name: string; type: string };
  readonly #asking: SceneObject;

  constructor(name: string, asking: SceneObject) {
    this.state = { name, type: "dashboard_macro" };
    this.#asking = asking;
  }

  getValue(path?: string): string {
    const board = sceneGraph.findObject(this.#asking.getRoot(), (object) => object instanceof Board);
    const { uid, title } = board instanceof Board ? board.state : { uid: "", title: "" };
    return path === "uid" ? uid : title;
  }

  getValueText(): string {
    return "";
  }
}
