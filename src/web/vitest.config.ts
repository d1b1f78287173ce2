import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{phone,shared,admin,testing}/**/*.test.ts'],
    restoreMocks: true,
    // Under load a turn of the event loop may take long.
    testTimeout: 20_000,
    // One process for all files: each new one would load the DOM anew, which takes longer than
    // most tests. Modules and page are new for each file nevertheless.
    pool: 'forks',
    poolOptions: { forks: { singleFork: true } },
    environment: './testing/environment.ts',
    setupFiles: ['./testing/page.ts'],
    // What reads the page's globals while it is loaded is loaded for each file, too.
    server: { deps: { inline: [/\/node_modules\/(@?lit|lit-[a-z]+|idb|fake-indexeddb)\//] } },
    coverage: {
      include: ['{phone,shared,admin}/**/*.ts'],
      exclude: ['**/*.test.ts', '**/main.ts', '**/testing/**'],
      reporter: ['text'],
    },
  },
});
