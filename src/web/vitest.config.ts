import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'happy-dom',
    include: ['{phone,shared,admin}/**/*.test.ts'],
    restoreMocks: true,
    coverage: {
      include: ['{phone,shared,admin}/**/*.ts'],
      exclude: ['**/*.test.ts', '**/main.ts', '**/testing/**'],
      reporter: ['text'],
    },
  },
});
