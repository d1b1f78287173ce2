/* Notifications of calls that ring while the page is hidden. */
import type { Chosen, Ring } from './messages';

interface Looks {
  readonly icon: string;
  readonly badge: string;
}

/** Not in the types: https://notifications.spec.whatwg.org/#dictdef-notificationoptions */
interface Options extends NotificationOptions {
  readonly actions: readonly { readonly action: string; readonly title: string }[];
}

/** Shows a notification. `client` is the page of the call. Another focused tab of the phone shows
    the call already. */
export async function ring(
  { registration, clients }: Pick<ServiceWorkerGlobalScope, 'registration' | 'clients'>,
  { tag, title, body }: Ring,
  client: string,
  looks: Looks,
): Promise<void> {
  const pages = await clients.matchAll({ type: 'window' });
  if (pages.some((page) => page.id !== client && page.focused && isPhone(page, registration))) {
    return;
  }
  const options: Options = {
    ...looks,
    body,
    tag,
    data: client,
    // The notification stays until the page closes it; the page itself rings.
    requireInteraction: true,
    silent: true,
    // Where actions are not supported, a click on the notification leads to the page.
    actions: [
      { action: 'answer', title: 'Answer' },
      { action: 'decline', title: 'Decline' },
    ],
  };
  await registration.showNotification(title, options);
}

export async function quiet(registration: ServiceWorkerRegistration, tag: string): Promise<void> {
  for (const notification of await registration.getNotifications({ tag })) {
    notification.close();
  }
}

export async function clicked(
  clients: Clients,
  notification: Notification,
  action: string,
  page: string,
): Promise<void> {
  notification.close();
  const client = await clients.get(String(notification.data));
  if (client === undefined) {
    await clients.openWindow(page);
    return;
  }
  const chosen: Chosen = {
    kind: 'chosen',
    tag: notification.tag,
    action: action === 'answer' || action === 'decline' ? action : 'open',
  };
  client.postMessage(chosen);
  if (action !== 'decline' && client instanceof WindowClient) {
    await client.focus();
  }
}

/** The admin pages are below the same address. */
function isPhone({ url }: WindowClient, { scope }: ServiceWorkerRegistration): boolean {
  return url.replace(/\/?([?#].*)?$/s, '') === scope.replace(/\/$/, '');
}
