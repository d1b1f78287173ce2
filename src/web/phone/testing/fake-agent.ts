/* A fake of the agent around JsSIP: the test plays the far side of its calls. */
import type { Cause } from '../model/causes';
import type {
  AgentListener,
  CallListener,
  DialogIdentity,
  SipAgent,
  SipCall,
  HeldDialogListener,
} from '../sip/edge';
import type { Remote } from '../model/call';
import type { Account } from '../model/account';

/** A call whose far side is the test. It accepts all requests at once, unless `prompt` is false:
    then each request waits for `reply`. */
export class FakeCall implements SipCall {
  readonly log: string[] = [];
  readonly connection = null;
  readonly player = null;
  isHeldByOther = false;
  isNegotiating = false;
  dialog: DialogIdentity | null = null;
  answeredBy = '';
  isConfirmed = true;
  isIntercom = false;
  prompt = true;
  listener: CallListener | null = null;
  /** The dialog that it is to take over; null for any other call. */
  replaces: DialogIdentity | null = null;
  readonly #open: ((yes: boolean) => void)[] = [];

  constructor(
    readonly direction: 'in' | 'out',
    readonly remote: Remote = { name: '', number: '1001' },
  ) {}

  answer(): void {
    this.log.push('answer');
  }
  reject(reason: string): void {
    this.log.push(`reject ${reason}`);
    this.listener?.ended({ kind: 'normal' });
  }
  hangUp(): void {
    this.log.push('hang up');
    if (!this.log.includes('detach') && !this.log.includes('discard')) {
      this.listener?.ended({ kind: 'normal' });
    }
  }
  discard(): void {
    this.log.push('discard');
  }
  detach(): void {
    this.log.push('detach');
  }
  closeMedia(): void {
    this.log.push('close media');
  }
  setMuted(muted: boolean): void {
    this.log.push(`muted ${muted ? 'on' : 'off'}`);
  }
  sendDigits(digits: string): void {
    this.log.push(`digits ${digits}`);
  }
  hold(): Promise<boolean> {
    return this.#request('hold');
  }
  resume(): Promise<boolean> {
    return this.#request('resume');
  }
  restartIce(): Promise<boolean> {
    return this.#request('restart ICE');
  }
  reinvite(): Promise<boolean> {
    return this.#request('re-INVITE');
  }
  renewMicrophone(opens: boolean): Promise<void> {
    this.log.push(opens ? 'open the microphone' : 'attach the microphone');
    return Promise.resolve();
  }
  transfer(number: string): Promise<Cause | null> {
    return this.#transfer(`transfer ${number}`);
  }
  transferTo(other: SipCall): Promise<Cause | null> {
    return this.#transfer(`transfer to the call with ${other.remote.number}`);
  }

  /** The far side's answer to the oldest open request. */
  async reply(yes: boolean): Promise<void> {
    const next = this.#open.shift();
    if (next === undefined) {
      throw new Error('there is no open request');
    }
    next(yes);
    await settled();
  }
  get hasOpenRequest(): boolean {
    return this.#open.length > 0;
  }

  async #transfer(what: string): Promise<Cause | null> {
    return (await this.#request(what)) ? null : refusal;
  }

  #request(what: string): Promise<boolean> {
    this.log.push(what);
    return this.prompt
      ? Promise.resolve(true)
      : new Promise((resolve) => {
          this.#open.push(resolve);
        });
  }
}

/** The cause with which a transfer fails. */
export const refusal: Cause = { code: 'busy', text: 'Busy', remedy: 'Try again later.' };

/** Lets pending promises settle. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
}

export class FakeAgent implements SipAgent {
  readonly calls: FakeCall[] = [];
  readonly numbers: string[] = [];
  /** The placeholders for dialogs of another page, by Call-ID. */
  readonly placeholders = new Map<string, HeldDialogListener>();
  watched: readonly string[] = [];
  started = false;
  stopped = false;
  /** Whether the far side of new calls accepts requests at once. */
  prompt = true;

  constructor(
    readonly account: Account,
    readonly listener: AgentListener,
  ) {}

  start(): void {
    this.started = true;
    this.listener.registering();
  }
  stop(): void {
    this.stopped = true;
  }
  call(target: string, listener: CallListener, number = target): SipCall {
    this.numbers.push(target);
    return this.#add(new FakeCall('out', { name: '', number }), listener);
  }
  takeOver(
    number: string,
    dialog: DialogIdentity,
    remote: Remote,
    listener: CallListener,
  ): SipCall {
    this.numbers.push(`${number} replaces ${dialog.callId}`);
    const call = new FakeCall('out', remote);
    call.replaces = dialog;
    return this.#add(call, listener);
  }
  holdDialog(dialog: DialogIdentity, listener: HeldDialogListener): () => void {
    this.placeholders.set(dialog.callId, listener);
    return () => this.placeholders.delete(dialog.callId);
  }
  reconnect(): void {
    this.numbers.push('renew');
  }
  watch(extensions: readonly string[]): void {
    this.watched = extensions;
  }
  ring(call = new FakeCall('in')): FakeCall {
    call.prompt = this.prompt;
    this.calls.push(call);
    call.listener = this.listener.incoming(call);
    return call;
  }

  #add(call: FakeCall, listener: CallListener): FakeCall {
    call.prompt = this.prompt;
    call.listener = listener;
    this.calls.push(call);
    return call;
  }
}

/** The agent that was made last. */
export function lastAgent(agents: readonly FakeAgent[]): FakeAgent {
  const last = agents.at(-1);
  if (last === undefined) {
    throw new Error('no agent was made');
  }
  return last;
}
