import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('bare', import.meta.url));

/** The page that bench/phone_times.py compares the phone with; never shipped. */
export default defineConfig({
  root,
  base: './',
  publicDir: false,
  build: {
    outDir: join(root, '../../../var/bare'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
  },
});
