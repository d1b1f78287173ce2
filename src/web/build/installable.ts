/* The files that make the phone an installable app: its manifest, its icons, and a service worker
   with the file list of this build. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin, Rollup } from 'vite';

export const WORKER = 'service-worker';

const ICONS = [
  { name: 'icon-192.png', sizes: '192x192', purpose: 'any' },
  { name: 'icon-512.png', sizes: '512x512', purpose: 'any' },
  { name: 'maskable-512.png', sizes: '512x512', purpose: 'maskable' },
] as const;
const BADGE = 'badge-96.png';

/* The server inserts the addresses, because it knows the address of the app; for a handler only the
   query is given here. */
const MANIFEST = {
  name: 'Phone',
  short_name: 'Phone',
  description: 'Calls from the browser.',
  display: 'standalone',
  theme_color: '#2f55cf',
  background_color: '#ffffff',
  protocol_handlers: [
    { protocol: 'tel', url: '?call=%s' },
    { protocol: 'sip', url: '?call=%s' },
  ],
  // A second window would be a second phone.
  launch_handler: { client_mode: ['focus-existing', 'auto'] },
};

/** `page` and `folder` are the phone's entry and the folder of its icons. */
export function installable(page: string, folder: string): Plugin {
  const emitted = new Map<string, string>();
  return {
    name: 'sipapp-installable',
    apply: 'build',
    enforce: 'post',
    buildStart() {
      for (const name of [...ICONS.map((icon) => icon.name), BADGE]) {
        const source = readFileSync(join(folder, name));
        emitted.set(name, this.emitFile({ type: 'asset', name, source }));
      }
    },
    generateBundle(_options, bundle) {
      const fileOf = (name: string): string => this.getFileName(emitted.get(name) ?? '');
      const icons = ICONS.map(({ name, sizes, purpose }) => ({
        src: fileOf(name),
        sizes,
        type: 'image/png',
        purpose,
      }));
      this.emitFile({
        type: 'asset',
        fileName: 'manifest.webmanifest',
        source: JSON.stringify({ ...MANIFEST, icons }, null, 2),
      });
      const files = [...filesOf(bundle, page)].sort();
      const build = { files, icon: fileOf('icon-192.png'), badge: fileOf(BADGE) };
      const version = createHash('sha256').update(JSON.stringify(build)).digest('hex').slice(0, 16);
      const worker = bundle[`${WORKER}.js`];
      if (worker?.type !== 'chunk' || worker.imports.length > 0) {
        throw new Error('The service worker has to be one file.');
      }
      worker.code = worker.code.replace('__BUILD__', JSON.stringify({ ...build, version }));
    },
  };
}

/** Scripts and styles that the page may load, at once or later. */
function filesOf(bundle: Rollup.OutputBundle, page: string): Set<string> {
  const files = new Set<string>();
  const visit = (chunk: Rollup.OutputChunk): void => {
    if (files.has(chunk.fileName)) {
      return;
    }
    files.add(chunk.fileName);
    for (const style of chunk.viteMetadata?.importedCss ?? []) {
      files.add(style);
    }
    for (const name of [...chunk.imports, ...chunk.dynamicImports]) {
      const next = bundle[name];
      if (next?.type === 'chunk') {
        visit(next);
      }
    }
  };
  for (const chunk of Object.values(bundle)) {
    if (chunk.type === 'chunk' && chunk.facadeModuleId === page) {
      visit(chunk);
    }
  }
  return files;
}
