import { LoadingPlaceholder } from "@grafana/ui";
import { type ComponentType, lazy, type LazyExoticComponent, Suspense } from "react";
import { useLocation } from "react-router-dom";
import type { PreviewBoard, PreviewBundle } from "../bundle.ts";
import { BoardList } from "./boards/board-list.tsx";
import { BoardPage } from "./boards/board-page.tsx";
import { Main } from "./frame/main.tsx";
import { Nowhere } from "./nowhere.tsx";
import { busy } from "./source/busy.ts";

interface ViewProps {
  readonly bundle: PreviewBundle;
  readonly board: PreviewBoard | undefined;
}

type Page = ComponentType<{ readonly bundle: PreviewBundle }>;

/** Pages that most who open a board never see are loaded when somebody does. */
const onDemand: Readonly<Record<string, LazyExoticComponent<Page>>> = {
  "/fleet": lazy(() => busy(async () => ({ default: (await import("./fleet/fleet-page.tsx")).FleetPage }))),
  "/rules": lazy(() => busy(async () => ({ default: (await import("./rules/rules-page.tsx")).RulesPage }))),
};

/** The page that the address names. */
export function View({ bundle, board }: ViewProps): JSX.Element {
  const { pathname, search } = useLocation();
  if (board !== undefined) {
    return <BoardPage key={board.uid} board={board} bundle={bundle} />;
  }
  return (
    <Main bundle={bundle}>
      <Suspense fallback={<LoadingPlaceholder text="Loading …" />}>
        <PageOf pathname={pathname} path={pathname + search} bundle={bundle} />
      </Suspense>
    </Main>
  );
}

interface PageOfProps {
  readonly pathname: string;
  /** With what follows the question mark. */
  readonly path: string;
  readonly bundle: PreviewBundle;
}

function PageOf({ pathname, path, bundle }: PageOfProps): JSX.Element {
  const OnDemand = onDemand[pathname];
  if (OnDemand !== undefined) {
    return <OnDemand bundle={bundle} />;
  }
  return pathname === "/" ? <BoardList bundle={bundle} /> : <Nowhere path={path} />;
}
