/* The session across page loads: resumed when a page opens, and deleted with all that the phone
   keeps on this device. */
import type { PhoneState } from '../model/state';
import type { Settings } from '../model/settings';
import type { AccountServices } from './account-services';

/** How long the leader in another tab may take to unregister. */
const UNREGISTER_TIMEOUT_MS = 2_000;

/** Registers the account that is kept on this device, or whose calls another page handed over. */
export async function resumeSession(
  { phone, kept, handover }: Pick<AccountServices, 'phone' | 'kept' | 'handover'>,
  settings: Settings,
): Promise<void> {
  const { server, domain } = settings;
  const account =
    (await kept.restore({ server, domain })) ??
    (await handover.accountToResume({ server, domain }));
  if (account !== null && Object.keys(settings.check(server, account.domain)).length === 0) {
    phone.resumeRegistration(account);
  }
}

/** Unregisters, and deletes all that the phone keeps on this device. */
export async function forgetDevice({
  phone,
  device,
}: Pick<AccountServices, 'phone' | 'device'>): Promise<void> {
  phone.unregister();
  // Calls that this ends are recorded first, and then deleted with the rest.
  await unregistered(phone);
  await device.forget();
}

/** Whether an account is registered, is being registered again, or has calls. */
export function isInSession({ registration, lines }: PhoneState): boolean {
  return (
    lines.length > 0 ||
    registration.state === 'registered' ||
    (registration.state === 'registering' && registration.again)
  );
}

/** Resolves when the session is over, or after a timeout. */
async function unregistered(phone: AccountServices['phone']): Promise<void> {
  const isOver = (): boolean => !isInSession(phone.state);
  await new Promise<void>((resolve) => {
    const done = (): void => {
      window.clearTimeout(timer);
      end();
      resolve();
    };
    const end = phone.subscribe(() => {
      if (isOver()) {
        done();
      }
    });
    const timer = window.setTimeout(done, isOver() ? 0 : UNREGISTER_TIMEOUT_MS);
  });
}
