import { vi } from 'vitest';

/** Shorter than the limit of a test (vitest.config.ts), which would not say what it waited for. */
const CHECK_TIMEOUT_MS = 15_000;

/** Waits for what needs turns of the real event loop: messages between tabs, WebCrypto, IndexedDB. */
export async function until(check: () => unknown): Promise<void> {
  await vi.waitFor(check, { timeout: CHECK_TIMEOUT_MS, interval: 5 });
}
