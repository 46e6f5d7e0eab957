import type { ReactNode } from "react";
import type { PreviewBundle } from "../../bundle.ts";
import { Notices } from "./notices.tsx";

export const mainId = "main";

interface MainProps {
  readonly bundle: PreviewBundle;
  readonly children: ReactNode;
}

/** The main landmark of a page, with what is wrong at its top. */
export function Main({ bundle, children }: MainProps): JSX.Element {
  return (
    <main id={mainId} tabIndex={-1} className="frame-main">
      <Notices bundle={bundle} />
      {children}
    </main>
  );
}
