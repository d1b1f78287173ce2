/** Puts the service worker in charge of the phone's page; null where there can be none.
    Takes the worker's address, which is one level below the page's. */
export async function registerWorker(address: string): Promise<ServiceWorkerRegistration | null> {
  // Undefined on http:// pages other than localhost, whatever the types say.
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const scope = address.slice(0, address.lastIndexOf('/'));
  try {
    return (await workers?.register(address, { scope })) ?? null;
  } catch {
    // Forbidden in this browser (a private window, say): the phone does without.
    return null;
  }
}
