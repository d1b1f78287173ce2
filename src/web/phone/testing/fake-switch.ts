/* A switch between the two phones of a call. It takes calls over as FreeSWITCH does: it looks up
   the partner of the replaced leg when the INVITE arrives, and connects the two a moment later
   (sofia.c, sofia_handle_sip_i_invite_replaces; switch_ivr_bridge.c, switch_ivr_intercept_session).
   Messages that it sends on a broken connection are lost. */
import { Phone } from '../calls/phone';
// Loaded in advance, before a phone needs it.
import '../continuity/rescue';
import type { KnownCall } from '../continuity/rescue';
import { failed } from '../model/call';
import { cause } from '../model/causes';
import { FakeAgent, settled, type FakeCall } from './fake-agent';

interface Leg {
  readonly side: Side;
  readonly call: FakeCall;
  /** The number of the connection through which the leg was created. */
  readonly connection: number;
  partner: Leg | null;
  isOver: boolean;
}

/** A phone and its connection. */
export class Side {
  phone!: Phone;
  agent!: FakeAgent;
  /** The number of the current connection; an even number means none. */
  connection = 0;
  #heard = 0;
  /** The calls of the previous page, stored until this one is registered. */
  #left: readonly KnownCall[] = [];
  #wasRegistered = false;

  constructor() {
    this.#open([]);
  }

  get isConnected(): boolean {
    return this.connection % 2 === 1;
  }

  cut(): void {
    if (this.isConnected) {
      this.connection += 1;
      this.agent.listener.connected(false);
      this.agent.listener.registering();
    }
  }

  back(): void {
    if (!this.isConnected) {
      this.connection += 1;
      this.#wasRegistered = true;
      this.agent.listener.connected(true);
      this.agent.listener.registered();
    }
  }

  /** Reloads the page, which is not registered yet. */
  reload(): void {
    this.connection += this.isConnected ? 1 : 0;
    this.#open(this.#wasRegistered ? this.phone.knownCalls : this.#left);
  }

  /** A call that the switch does not know yet. */
  next(): FakeCall | undefined {
    const call = this.agent.calls[this.#heard];
    this.#heard += call === undefined ? 0 : 1;
    return call;
  }

  #open(known: readonly KnownCall[]): void {
    this.#heard = 0;
    this.#left = known;
    this.#wasRegistered = false;
    this.phone = new Phone(
      (account, listener) => (this.agent = new FakeAgent(account, listener)),
      { unlock: () => undefined, play: () => undefined, announce: () => undefined },
      { callsToAdopt: () => Promise.resolve(known) },
    );
    this.phone.register({ extension: '1000', password: 'x', server: 'wss://x', domain: 'x' });
  }
}

/** The rescue is loaded once the phone is registered. */
export async function loaded(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await settled();
  }
}

export class FakeSwitch {
  readonly caller = new Side();
  readonly callee = new Side();
  #legs: Leg[] = [];
  #work: (() => void)[] = [];
  #count = 0;

  /** A call between the two phones is up. */
  async connect(): Promise<void> {
    const { caller, callee } = this;
    caller.back();
    callee.back();
    await loaded();
    caller.phone.call('1001');
    const ringing = callee.agent.ring();
    callee.phone.answer(callee.phone.state.lines[0]?.id ?? 0);
    callee.next();
    const legs = [this.#legOf(caller, caller.next()), this.#legOf(callee, ringing)] as const;
    [legs[0].partner, legs[1].partner] = [legs[1], legs[0]];
    for (const { call } of legs) {
      call.listener?.answered();
    }
  }

  /** Legs that are up. */
  get legs(): readonly Leg[] {
    return this.#legs.filter(({ isOver }) => !isOver);
  }

  /** Receives the messages of the phones, without acting on them. */
  listen(): void {
    for (const side of [this.caller, this.callee]) {
      for (let call = side.next(); call !== undefined; call = side.next()) {
        if (side.isConnected) {
          this.#invite(side, call);
        }
      }
      for (const leg of this.legs) {
        if (leg.side === side && side.isConnected && leg.call.log.includes('hang up')) {
          this.#end(leg);
        }
      }
    }
  }

  /** Handles the next event; returns whether there was one. */
  act(): boolean {
    this.listen();
    const next = this.#work.shift();
    next?.();
    return next !== undefined;
  }

  #legOf(side: Side, call: FakeCall | undefined): Leg {
    if (call === undefined) {
      throw new Error('there is no call');
    }
    this.#count += 1;
    call.dialog = { callId: `leg-${this.#count}`, localTag: 'ours', remoteTag: 'theirs' };
    const leg = { side, call, connection: side.connection, partner: null, isOver: false };
    this.#legs.push(leg);
    return leg;
  }

  #invite(side: Side, call: FakeCall): void {
    const old = this.legs.find((leg) => leg.call.dialog?.callId === call.replaces?.callId);
    const leg = this.#legOf(side, call);
    const partner = old?.partner ?? null;
    if (partner === null) {
      leg.isOver = true;
      this.#tell(leg, () => call.listener?.ended(failed(cause('unavailable'))));
      return;
    }
    this.#work.push(() => {
      this.#intercept(leg, partner);
    });
  }

  #intercept(leg: Leg, partner: Leg): void {
    if (leg.isOver) {
      return;
    }
    this.#tell(leg, () => leg.call.listener?.answered());
    if (partner.isOver) {
      this.#end(leg);
      return;
    }
    const before = partner.partner;
    [leg.partner, partner.partner] = [partner, leg];
    if (before !== null) {
      before.partner = null;
      this.#end(before);
    }
  }

  /** Hangs up a leg, and with it the leg that it is connected to. */
  #end(leg: Leg): void {
    leg.isOver = true;
    this.#tell(leg, () => leg.call.listener?.ended({ kind: 'normal' }));
    const { partner } = leg;
    leg.partner = null;
    if (partner?.isOver === false) {
      this.#end(partner);
    }
  }

  #tell({ side, connection, call }: Leg, what: () => void): void {
    const isOurs = side.connection === connection && side.agent.calls.includes(call);
    if (isOurs && !call.log.some((done) => done === 'discard' || done === 'hang up')) {
      what();
    }
  }
}
