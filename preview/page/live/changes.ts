/** Milliseconds: a server that starts again is back soon, one that is gone is not asked all the time. */
const [soonest, latest] = [1000, 30_000];

/**
 * Calls back whenever the server has something else to show. A connection that drops is taken up again without a word,
 * and counts as a change: nobody knows what was missed. Returns how to stop.
 */
export function followChanges(changed: () => void): () => void {
  let source: EventSource | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let wait = soonest;
  let dropped = false;

  const connect = (): void => {
    source = new EventSource("/changes");
    source.addEventListener("open", () => {
      wait = soonest;
      if (dropped) {
        dropped = false;
        changed();
      }
    });
    source.addEventListener("bundle", changed);
    source.addEventListener("error", () => {
      dropped = true;
      // The browser itself tries again, unless the answer was no stream of events.
      if (source?.readyState === EventSource.CLOSED) {
        again = setTimeout(connect, wait);
        wait = Math.min(wait * 2, latest);
      }
    });
  };

  connect();
  return () => {
    clearTimeout(again);
    source?.close();
  };
}
