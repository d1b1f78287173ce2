/* What can be tried for each fault, the gentlest first. */
import { type Cause, microphoneCause } from '../model/causes';
import type { SipCall } from '../sip/edge';
import type { Fault } from './fault-detector';
import type { Remedy } from './auto-repair';

export interface RemedyMeans {
  /** The call, which is another one after a rescue. */
  call(): SipCall | undefined;
  /** By Replaces; whether that was done. */
  takeOver(): Promise<boolean>;
  /** By a new connection, after which the call is taken over; whether that may be. */
  registerAgain(): boolean;
}

/** Milliseconds until a step shows its effect: on this device, and by way of the other side. */
const HERE = 3_000;
const THERE = 4_000;
/** Until the call has another connection, and has shown what comes by it. */
const ANEW = 8_000;
/** The same, with a connection to the switch before. */
const AFRESH = 12_000;
/** A way may yet be found. */
const SEARCH = 5_000;

export function delayOf(fault: Fault): number {
  return fault === 'no-way' ? SEARCH : 0;
}

export function remediesOf(fault: Fault, means: RemedyMeans): readonly Remedy[] {
  const { play, attach, take, restart, negotiate, takeOver, register } = all(means);
  switch (fault) {
    case 'not-played':
      return [play];
    case 'microphone-ended':
    case 'microphone-muted':
    case 'microphone-silent':
      return [attach, take];
    case 'nothing-sent':
      return [attach, take, restart, negotiate, takeOver, register];
    case 'never-received':
      return [restart, negotiate, takeOver, register];
    // Most probably it is a hold, which FreeSWITCH does not tell: nothing that may harm.
    case 'nothing-received':
      return [restart, negotiate];
    case 'undecodable':
      return [negotiate, takeOver];
    case 'no-way':
      return [restart, takeOver, register];
    // The call's own restarts of ICE see to that.
    case 'way-broken':
    case 'silence-received':
    case 'quality-falling':
      return [];
  }
}

type Name = 'play' | 'attach' | 'take' | 'restart' | 'negotiate' | 'takeOver' | 'register';

function all(means: RemedyMeans): Readonly<Record<Name, Remedy>> {
  type Run = (call: SipCall) => Promise<boolean | Cause>;
  const remedy = (name: string, patience: number, run: Run): Remedy => ({
    name,
    patience,
    run: async () => {
      const call = means.call();
      return call === undefined ? false : run(call);
    },
  });
  return {
    play: remedy('Playing the sound again', HERE, async ({ player }) => {
      await player?.play();
      return player !== null;
    }),
    attach: remedy('Attaching the microphone again', HERE, (call) => renewed(call, false)),
    take: remedy('Taking the microphone again', HERE, (call) => renewed(call, true)),
    restart: remedy('Looking for another way (ICE restart)', THERE, (call) => call.restartIce()),
    negotiate: remedy('Negotiating again (re-INVITE)', THERE, (call) => call.reinvite()),
    takeOver: remedy('Setting the call up again (Replaces)', ANEW, () => means.takeOver()),
    register: remedy('Registering again', AFRESH, () => Promise.resolve(means.registerAgain())),
  };
}

async function renewed(call: SipCall, opens: boolean): Promise<boolean | Cause> {
  try {
    await call.renewMicrophone(opens);
    return true;
  } catch (error) {
    return microphoneCause(error);
  }
}
