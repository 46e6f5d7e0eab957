import type { PreviewBoard, PreviewBundle } from "../../bundle.ts";
import { Main } from "../frame/main.tsx";
import { PlainLink } from "../plain-link.tsx";

interface NotRecordedProps {
  readonly board: PreviewBoard;
  readonly bundle: PreviewBundle;
}

/** A board that nobody looked at while the answers were recorded: better a word than a page of panels without data. */
export function NotRecorded({ board, bundle }: NotRecordedProps): JSX.Element {
  return (
    <Main bundle={bundle}>
      <div data-board={board.uid}>
        <h1 className="frame-title">{board.title}</h1>
        <p>{board.description}</p>
        <p>
          The recorded answers do not have this board. With a server it is drawn: <code>npm run demo</code> starts one
          with a simulated fleet and prints its address, <code>npm run preview -- --mimir ADDRESS</code> shows it.
        </p>
        <p>
          <PlainLink href="/">All boards</PlainLink>
        </p>
      </div>
    </Main>
  );
}
