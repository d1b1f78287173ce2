import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { installable, WORKER } from './build/installable';

const root = fileURLToPath(new URL('.', import.meta.url));
const phone = join(root, 'phone/main.ts');

/** The licences of bundled packages require their text to be passed on: it goes into
    `LICENSES.txt`. */
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

/** JsSIP logs all SIP through the package `debug`, Authorization headers included, if a page's
    localStorage says so. The replacement makes that impossible, and saves loading it. */
function silence(): Plugin {
  return {
    name: 'sipapp-silence',
    enforce: 'pre',
    load: (id) =>
      id.endsWith('/node_modules/debug/src/browser.js')
        ? 'const silent = () => () => undefined; silent.default = silent; module.exports = silent;'
        : null,
  };
}

export default defineConfig({
  root,
  base: './',
  publicDir: false,
  plugins: [silence(), licences(), installable(phone, join(root, 'phone/app/icons'))],
  build: {
    outDir: '../sipapp/static',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    // The pages' Content-Security-Policy has no `data:` for scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        phone,
        admin: join(root, 'admin/main.ts'),
        [WORKER]: join(root, 'phone/app/worker/service-worker.ts'),
      },
      output: {
        // The server knows the worker by its fixed name, as browsers do.
        entryFileNames: ({ name }) => (name === WORKER ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
