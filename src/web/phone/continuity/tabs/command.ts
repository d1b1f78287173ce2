/* What travels from a tab to the one that leads. Registering does not: each tab has its own
   credential, and no credential is sent. */
import type { Commands } from '../../model/commands';

export type Asked = Exclude<keyof Commands, 'register'>;

export type Command = {
  readonly [Name in Asked]: { readonly name: Name; readonly given: Parameters<Commands[Name]> };
}[Asked];

export function perform(phone: Commands, { name, given }: Command): void {
  // The compiler does not see that name and arguments belong together.
  (phone[name] as (...given: readonly unknown[]) => void).call(phone, ...given);
}
