import { type SceneComponentProps, sceneGraph, SceneObjectBase, VizPanel } from "@grafana/scenes";
import { IconButton } from "@grafana/ui";
import { changeParameters, useParameter } from "../address.ts";
import "./explain-button.css";
import { panelIdOf } from "./panel-key.ts";

/** Opens, in a panel's header, what explains the panel. */
export class ExplainButton extends SceneObjectBase {
  static Component = Button;
}

/** The landmark that the buttons open. */
export const explainId = "explain";

function Button({ model }: SceneComponentProps<ExplainButton>): JSX.Element {
  const { key, title } = sceneGraph.getAncestor(model, VizPanel).useState();
  const id = panelIdOf(key);
  const open = useParameter("explain") === id;
  return (
    <IconButton
      className="explain-button"
      name="question-circle"
      tooltip={`Explain ${sceneGraph.interpolate(model, title, undefined, "text")}`}
      aria-expanded={open}
      {...(open && { "aria-controls": explainId })}
      onClick={() => changeParameters({ explain: open ? "" : id })}
    />
  );
}
