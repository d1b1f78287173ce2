import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'happy-dom',
    include: ['{phone,shared,admin}/**/*.test.ts'],
    restoreMocks: true,
    // Both cores: by itself it leaves one of two idle.
    minWorkers: 2,
    maxWorkers: 2,
    coverage: {
      include: ['{phone,shared,admin}/**/*.ts'],
      exclude: ['**/*.test.ts', '**/main.ts', '**/testing/**'],
      reporter: ['text'],
    },
  },
});
