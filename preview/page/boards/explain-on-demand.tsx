import { type ComponentProps, lazy, Suspense } from "react";
import { busy } from "../source/busy.ts";

const Explain = lazy(() => busy(async () => ({ default: (await import("../explain/explain.tsx")).Explain })));

/** What explains a panel is loaded when the first is explained; the board is there meanwhile. */
export function ExplainOnDemand(props: ComponentProps<typeof Explain>): JSX.Element {
  return (
    <Suspense fallback={null}>
      <Explain {...props} />
    </Suspense>
  );
}
