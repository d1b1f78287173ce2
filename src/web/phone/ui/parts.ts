/* Parts of the phone that are not needed at first. A custom element that stands in the page
   already comes alive when its part is loaded, so nothing has to wait for it. */

const loaders = {
  idle: () => import('./idle/dialler'),
  call: () => import('./call/call-view'),
  incoming: () => import('./call/incoming-call'),
  history: () => import('./panels/history-panel'),
  contacts: () => import('./panels/contacts-panel'),
  settings: () => import('./settings/settings-dialog'),
  shortcuts: () => import('./shortcuts-dialog'),
  transfer: () => import('./call/transfer-panel'),
  add: () => import('./call/add-call'),
  quality: () => import('./call/quality-panel'),
  sound: () => import('./settings/sound-fields'),
} as const;

export type Part = keyof typeof loaders;

/** A network that changes lets down what is on its way. Milliseconds before each further try. */
const WAITS = [200, 1_000, 3_000] as const;

/** Rejects when the server or the network does not hand it out. */
export async function loadPart(part: Part): Promise<void> {
  for (const wait of WAITS) {
    try {
      await loaders[part]();
      return;
    } catch {
      await new Promise((resolve) => {
        window.setTimeout(resolve, wait);
      });
    }
  }
  await loaders[part]();
}

/** What is in sight after registering. */
export async function loadViews(): Promise<void> {
  await Promise.all((['idle', 'call', 'incoming'] as const).map(loadPart));
}

/** All parts that a call may need: in the middle of it would be a bad time to find that one
    cannot be had. */
export async function loadCallParts(): Promise<void> {
  await Promise.all((['transfer', 'add', 'quality', 'sound'] as const).map(loadPart));
}
