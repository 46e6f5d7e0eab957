import { UrlSyncContextProvider } from "@grafana/scenes";
import { Alert } from "@grafana/ui";
import { useEffect, useMemo } from "react";
import type { PreviewBoard } from "../bundle.ts";
import { board as boardScene } from "./scene/board.ts";
import type { Dashboard } from "./scene/dashboard.ts";

interface BoardPageProps {
  readonly board: PreviewBoard;
  readonly boards: readonly PreviewBoard[];
}

/** One board; time, filters and refresh are in the address, so that a view can be shared. */
export function BoardPage({ board, boards }: BoardPageProps): JSX.Element {
  const scene = useMemo(() => boardScene(board.dashboard as Dashboard, boards), [board, boards]);
  useEffect(() => {
    document.title = `${board.title} · fleetglass preview`;
  }, [board.title]);
  return (
    <>
      {scene.state.missing.map((text) => (
        <Alert key={text} severity="warning" title={text} />
      ))}
      <UrlSyncContextProvider scene={scene} updateUrlOnInit createBrowserHistorySteps>
        <scene.Component model={scene} />
      </UrlSyncContextProvider>
    </>
  );
}
