let asking = 0;

/** How much is still being asked for, on the page for those who take its picture: `data-preview-busy` of the body. */
export async function busy<T>(work: () => Promise<T>): Promise<T> {
  say(1);
  try {
    return await work();
  } finally {
    // What the answer leads to, such as the next query, starts before the page counts as quiet.
    setTimeout(() => say(-1), 50);
  }
}

function say(change: number): void {
  asking += change;
  document.body.dataset["previewBusy"] = String(asking);
}
