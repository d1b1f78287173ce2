/* The phone's service worker. It is served beside the phone's page, which is its scope. */
import type { Quiet, Ring } from './messages';
import { clicked, quiet, ring } from './ringing';
import { Shell, type Build } from './shell';

declare const self: ServiceWorkerGlobalScope;
/** Inserted by the build (`build/installable.ts`). */
declare const __BUILD__: Build;

const build = __BUILD__;
const page = self.registration.scope.replace(/\/$/, '');
const shell = new Shell(build, page);
const looks = {
  icon: `${page}/static/${build.icon}`,
  badge: `${page}/static/${build.badge}`,
};

/** In a queue: closing a notification must not overtake showing it. */
let turn: Promise<void> = Promise.resolve();

self.addEventListener('install', (event) => {
  event.waitUntil(shell.install());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(shell.activate().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const answer = shell.answer(event.request, (work) => {
    event.waitUntil(work);
  });
  if (answer !== null) {
    event.respondWith(answer);
  }
});

self.addEventListener('message', (event) => {
  const message = event.data as Ring | Quiet;
  const { source } = event;
  turn = turn
    .then(() =>
      message.kind === 'ring' && source instanceof Client
        ? ring(self, message, source.id, looks)
        : quiet(self.registration, message.tag),
    )
    // Notifications may be forbidden meanwhile; the page rings anyway.
    .catch(() => undefined);
  event.waitUntil(turn);
});

self.addEventListener('notificationclick', (event) => {
  event.waitUntil(clicked(self.clients, event.notification, event.action, page));
});
