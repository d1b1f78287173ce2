/** `unsupported` also where a page may not show any notifications. */
export type Permission = NotificationPermission | 'unsupported';

export function permission(): Permission {
  return 'Notification' in window && 'serviceWorker' in navigator
    ? Notification.permission
    : 'unsupported';
}

/** Asks for permission; to be called on a person's click, because browsers refuse it otherwise. */
export async function askPermission(): Promise<Permission> {
  return permission() === 'unsupported' ? 'unsupported' : Notification.requestPermission();
}
