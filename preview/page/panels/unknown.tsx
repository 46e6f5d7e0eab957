import type { PanelPlugin, PanelProps } from "@grafana/data";
import { Alert } from "@grafana/ui";
import { panelPlugin } from "./plugin.ts";
import { tablePanel } from "./table.tsx";

const notice = 56;

/** The data of a panel whose kind the preview cannot draw, as a table. */
export function unknownPanel(id: string): PanelPlugin {
  const Table = tablePanel.panel;
  function Unknown(props: PanelProps): JSX.Element {
    return (
      <>
        <Alert severity="info" title={`The preview cannot draw "${id}"; this is its data.`} />
        {Table !== null && <Table {...props} options={tablePanel.defaults} height={props.height - notice} />}
      </>
    );
  }
  return panelPlugin<object>({ id, component: Unknown, defaults: tablePanel.defaults });
}
