/** Registers the service worker for the phone's page; null where that is impossible. Takes the
    worker's address, which is one level below the page's. */
export async function registerWorker(address: string): Promise<ServiceWorkerRegistration | null> {
  // Undefined on http:// pages other than localhost, although its type says otherwise.
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  // Empty where the phone has a whole host.
  const scope = address.slice(0, address.lastIndexOf('/')) || '/';
  try {
    return (await workers?.register(address, { scope })) ?? null;
  } catch {
    // Forbidden in this browser (for example in a private window): the phone works without.
    return null;
  }
}
