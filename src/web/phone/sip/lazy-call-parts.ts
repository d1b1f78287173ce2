import { load } from '../../shared/loading';

/** What a call needs after its INVITE; null if it cannot be loaded. */
export function loadCallParts(): Promise<typeof import('./call-parts') | null> {
  return load(() => import('./call-parts')).catch(() => null);
}
