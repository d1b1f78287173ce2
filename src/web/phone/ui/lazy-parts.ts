/* Parts of the phone that are not needed at first. A custom element that stands in the page
   already comes alive when its part is loaded, so nothing has to wait for it. */

import { load } from '../../shared/loading';

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

export async function loadPart(part: Part): Promise<void> {
  await load<unknown>(loaders[part]);
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
