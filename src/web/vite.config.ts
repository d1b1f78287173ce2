import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The licences of what is bundled ask to be passed on: they go into `LICENSES.txt`. */
function licences(): Plugin {
  return {
    name: 'sipapp-licences',
    apply: 'build',
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.type === 'chunk' ? chunk.moduleIds : []) {
          const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id.replace(/^\0/, ''));
          if (folder !== null) {
            folders.add(folder[0]);
          }
        }
      }
      this.emitFile({
        type: 'asset',
        fileName: 'LICENSES.txt',
        source: [...folders].sort().map(licenceOf).join('\n\n'),
      });
    },
  };
}

function licenceOf(folder: string): string {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license.md']
    .map((candidate) => join(folder, candidate))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) {
    throw new Error(`${name} is bundled but has no licence file in ${dirname(folder)}`);
  }
  return `== ${name} ==\n\n${readFileSync(file, 'utf8').trim()}\n`;
}

export default defineConfig({
  root,
  base: './',
  publicDir: false,
  plugins: [licences()],
  build: {
    outDir: '../sipapp/static',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    // The pages' Content-Security-Policy has no `data:` for scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { phone: join(root, 'phone/main.ts'), admin: join(root, 'admin/main.ts') },
    },
  },
});
