/* An agent in the place of the one around JsSIP: the far side of its calls is the test. */
import type { Account, AgentListener, CallListener, SipAgent, SipCall } from '../sip/edge';

/** A call whose far side is the test. */
export class FakeCall implements SipCall {
  readonly log: string[] = [];
  listener: CallListener | null = null;

  constructor(
    readonly direction: 'in' | 'out',
    readonly remote = { name: '', number: '1001' },
  ) {}

  answer(): void {
    this.log.push('answer');
  }
  reject(why: string): void {
    this.log.push(`reject ${why}`);
    this.listener?.ended({ kind: 'normal' });
  }
  hangUp(): void {
    this.log.push('hang up');
    this.listener?.ended({ kind: 'normal' });
  }
  setMuted(muted: boolean): void {
    this.log.push(`muted ${muted ? 'on' : 'off'}`);
  }
  sendDigits(digits: string): void {
    this.log.push(`digits ${digits}`);
  }
}

export class FakeAgent implements SipAgent {
  readonly calls: FakeCall[] = [];
  readonly numbers: string[] = [];
  started = false;
  stopped = false;

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
  call(number: string, listener: CallListener): SipCall {
    this.numbers.push(number);
    const call = new FakeCall('out', { name: '', number });
    call.listener = listener;
    this.calls.push(call);
    return call;
  }
  ring(call = new FakeCall('in')): FakeCall {
    call.listener = this.listener.incoming(call);
    return call;
  }
}
