import { UrlSyncContextProvider } from "@grafana/scenes";
import { Alert } from "@grafana/ui";
import { useMemo } from "react";
import type { PreviewBoard, PreviewBundle } from "../../bundle.ts";
import { useParameter } from "../address.ts";
import { Main } from "../frame/main.tsx";
import { usePageTitle } from "../frame/page-title.ts";
import { board as boardScene } from "../scene/board.ts";
import type { Dashboard } from "../scene/dashboard.ts";
import { useSame } from "../use-same.ts";
import { ExplainOnDemand } from "./explain-on-demand.tsx";
import { NotRecorded } from "./not-recorded.tsx";

interface BoardPageProps {
  readonly board: PreviewBoard;
  readonly bundle: PreviewBundle;
}

/** One board; time, filters and refresh are in the address, so that a view can be shared. */
export function BoardPage({ board, bundle }: BoardPageProps): JSX.Element {
  usePageTitle(board.title);
  // Not drawn again where only another board or a rule has changed.
  const siblings = useSame(bundle.boards.map(({ uid, title, tags }) => ({ uid, title, tags })));
  const { data } = bundle;
  const { dashboard } = board;
  // Of a copy: panels write into their options, and whoever compares must find what the file has.
  const scene = useMemo(
    () => boardScene(structuredClone(dashboard) as Dashboard, { siblings, data }),
    [dashboard, siblings, data],
  );
  const explained = useParameter("explain");
  if (data.kind === "recorded" && !data.boards.includes(board.uid)) {
    return <NotRecorded board={board} bundle={bundle} />;
  }
  return (
    <>
      <Main bundle={bundle}>
        {scene.state.missing.map((text) => (
          <Alert key={text} severity="warning" title={text} bottomSpacing={0} />
        ))}
        <UrlSyncContextProvider key={scene.state.key} scene={scene} updateUrlOnInit createBrowserHistorySteps>
          <scene.Component model={scene} />
        </UrlSyncContextProvider>
      </Main>
      {explained !== "" && <ExplainOnDemand bundle={bundle} board={board} scene={scene} id={explained} />}
    </>
  );
}
