/**
 * Keeps the page as high as it is until all that is asked for has arrived: panels that are drawn anew are nothing for a
 * moment, and the browser would scroll up.
 */
export function holdHeight(): void {
  const { style, dataset } = document.body;
  style.minHeight = `${document.documentElement.scrollHeight}px`;
  let quiet = 0;
  const release = (): void => {
    quiet = dataset["previewBusy"] === "0" ? quiet + 1 : 0;
    if (quiet < calm) {
      setTimeout(release, every);
    } else {
      style.minHeight = "";
    }
  };
  setTimeout(release, every);
}

/** Milliseconds, and how many of these in a row without a question. */
const [every, calm] = [100, 3];
