/** `unsupported` also where a page may not show any. */
export type Permission = NotificationPermission | 'unsupported';

export function permission(): Permission {
  return 'Notification' in window && 'serviceWorker' in navigator
    ? Notification.permission
    : 'unsupported';
}

/** On a person's click only: browsers turn down a page that asks by itself. */
export async function askPermission(): Promise<Permission> {
  return permission() === 'unsupported' ? 'unsupported' : Notification.requestPermission();
}
