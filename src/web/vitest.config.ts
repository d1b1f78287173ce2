import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'happy-dom',
    include: ['{phone,shared,admin}/**/*.test.ts'],
    restoreMocks: true,
    // Use both cores: by default one of two stays idle.
    minWorkers: 2,
    maxWorkers: 2,
    coverage: {
      include: ['{phone,shared,admin}/**/*.ts'],
      exclude: ['**/*.test.ts', '**/main.ts', '**/testing/**'],
      reporter: ['text'],
    },
  },
});
