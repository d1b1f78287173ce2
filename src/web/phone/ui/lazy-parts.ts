/* Components that are loaded later. A custom element that is already in the page is upgraded when
   its component is loaded, so no other code has to wait for it. */

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

/** Loads the components that are visible after registering. */
export async function loadViews(): Promise<void> {
  await Promise.all((['idle', 'call', 'incoming'] as const).map(loadPart));
}

/** Loads all components that a call may need: during a call it would be too late to find that one
    cannot be loaded. */
export async function loadCallParts(): Promise<void> {
  await Promise.all((['transfer', 'add', 'quality', 'sound'] as const).map(loadPart));
}
