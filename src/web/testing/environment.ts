import type { Environment } from 'vitest/environments';

/** Adds nothing: page.ts gives each file a page of its own. Modules are those for browsers. */
export default {
  name: 'page',
  transformMode: 'web',
  setup: () => ({ teardown: () => undefined }),
} satisfies Environment;
