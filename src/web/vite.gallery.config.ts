import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('phone/testing/gallery', import.meta.url));

/** The page with the states of the phone, for the browser tests; never shipped. */
export default defineConfig({
  root,
  base: './',
  publicDir: false,
  build: {
    outDir: join(root, '../../../../../var/gallery'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
