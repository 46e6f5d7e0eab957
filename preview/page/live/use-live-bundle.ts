import { useEffect, useRef, useState } from "react";
import type { PreviewBundle } from "../../bundle.ts";
import { fetchBundle } from "./bundle.ts";
import { followChanges } from "./changes.ts";
import { holdHeight } from "./hold-height.ts";
import { withSameParts } from "./same-parts.ts";

interface LiveOptions {
  /** Called before what is new is drawn. */
  readonly onChange: (bundle: PreviewBundle) => void;
}

/** The bundle, and whatever replaces it while the page is open. Counts on the page: `data-preview-revision` of the body. */
export function useLiveBundle(first: PreviewBundle, { onChange }: LiveOptions): PreviewBundle {
  const [bundle, show] = useState(first);
  const shown = useRef(first);
  const revision = useRef(0);

  useEffect(() => {
    let asked = 0;
    const refresh = async (): Promise<void> => {
      const own = ++asked;
      // A server that is about to start again says nothing; it says "changed" when it is back.
      const answer = await fetchBundle().catch(() => undefined);
      if (answer === undefined || own !== asked) {
        return;
      }
      // A bundle of the same parts is another bundle: somebody may wait for the redraw.
      const next = { ...withSameParts(shown.current, answer) };
      shown.current = next;
      onChange(next);
      holdHeight();
      show(next);
    };
    return followChanges(() => void refresh());
  }, [onChange]);

  useEffect(() => {
    document.body.dataset["previewRevision"] = String(revision.current++);
  }, [bundle]);

  return bundle;
}
