/**
 * Lets everything run that waits for nothing but its turn. A turn of the event loop costs more than
 * all else that happens in most moments: it is made only where somebody waits for one.
 */
export async function breathe(): Promise<void> {
  await ticked();
  while (process.getActiveResourcesInfo().includes('Immediate')) {
    await turned();
    await ticked();
  }
}

/** A tick comes once no promise is left to be told. */
function ticked(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function turned(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
