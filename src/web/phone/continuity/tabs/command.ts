/* The commands that a tab sends to the leader tab. */
import type { Commands } from '../../model/commands';

/** Registering is not sent: each tab has its own credential, and no credential is sent. */
type Name = Exclude<keyof Commands, 'register'>;
type Given = { readonly [Each in Name]: Parameters<Commands[Each]> };

export type SentCommands = { readonly [Each in Name]: (...given: Given[Each]) => void };

export type Command<Some extends Name = Name> = {
  readonly [Each in Some]: { readonly name: Each; readonly given: Given[Each] };
}[Some];

/** The type makes the compiler check that every command is listed here, and nothing else. */
const TABLE: Readonly<Record<Name, null>> = {
  unregister: null,
  call: null,
  answer: null,
  decline: null,
  hangUp: null,
  setMuted: null,
  sendDigits: null,
  sendTones: null,
  hold: null,
  resume: null,
  swapTo: null,
  open: null,
  transfer: null,
  consult: null,
  completeTransfer: null,
  cancelTransfer: null,
  merge: null,
  setDoNotDisturb: null,
  watch: null,
  dismiss: null,
};

export function perform<Some extends Name>(phone: SentCommands, command: Command<Some>): void {
  phone[command.name](...command.given);
}

/** A base class with a method for each command, which passes it to `send`. */
export const CommandSender = function (this: object, send: (command: Command) => void): void {
  for (const name of Object.keys(TABLE)) {
    const method = (...given: unknown[]): void => {
      send({ name, given } as Command);
    };
    Object.assign(this, { [name]: method });
  }
} as unknown as new (send: (command: Command) => void) => SentCommands;
