/* The repair steps for each fault, the least disruptive first. */
import { type Cause, microphoneCause } from '../model/causes';
import type { SipCall } from '../sip/edge';
import type { Fault } from './fault-detector';
import type { RepairStep } from './auto-repair';

export interface RepairDeps {
  /** The current call, which a rescue replaces. */
  call(): SipCall | undefined;
  /** Takes the call over (Replaces); returns whether that was done. */
  takeOver(): Promise<boolean>;
  /** Registers again by a new connection, after which the call is taken over; returns whether that
      is allowed. */
  registerAgain(): boolean;
}

/** Milliseconds until a step shows its effect: on this device, and at the other side. */
const LOCAL_EFFECT_MS = 3_000;
const REMOTE_EFFECT_MS = 4_000;
/** The same for a takeover: the call needs a new connection and then packets. */
const TAKEOVER_EFFECT_MS = 8_000;
/** The same for a new registration before the takeover. */
const REREGISTER_EFFECT_MS = 12_000;
/** Delay while ICE may still find a path, in ms. */
const ICE_SEARCH_MS = 5_000;

export function repairDelayMs(fault: Fault): number {
  return fault === 'no-way' ? ICE_SEARCH_MS : 0;
}

export function repairStepsFor(fault: Fault, deps: RepairDeps): readonly RepairStep[] {
  const { play, attach, take, restart, negotiate, takeOver, register } = allSteps(deps);
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
    // Most probably a hold, which FreeSWITCH does not signal: only steps without side effects.
    case 'nothing-received':
      return [restart, negotiate];
    case 'undecodable':
      return [negotiate, takeOver];
    case 'no-way':
      return [restart, takeOver, register];
    // The call itself restarts ICE.
    case 'way-broken':
    case 'silence-received':
    case 'quality-falling':
      return [];
  }
}

type StepName = 'play' | 'attach' | 'take' | 'restart' | 'negotiate' | 'takeOver' | 'register';

function allSteps(deps: RepairDeps): Readonly<Record<StepName, RepairStep>> {
  type Run = (call: SipCall) => Promise<boolean | Cause>;
  const remedy = (name: string, effectMs: number, run: Run): RepairStep => ({
    name,
    effectMs,
    run: async () => {
      const call = deps.call();
      return call === undefined ? false : run(call);
    },
  });
  return {
    play: remedy('Playing the sound again', LOCAL_EFFECT_MS, async ({ player }) => {
      await player?.play();
      return player !== null;
    }),
    attach: remedy('Attaching the microphone again', LOCAL_EFFECT_MS, (call) =>
      renewed(call, false),
    ),
    take: remedy('Taking the microphone again', LOCAL_EFFECT_MS, (call) => renewed(call, true)),
    restart: remedy('Looking for another way (ICE restart)', REMOTE_EFFECT_MS, (call) =>
      call.restartIce(),
    ),
    negotiate: remedy('Negotiating again (re-INVITE)', REMOTE_EFFECT_MS, (call) => call.reinvite()),
    takeOver: remedy('Setting the call up again (Replaces)', TAKEOVER_EFFECT_MS, () =>
      deps.takeOver(),
    ),
    register: remedy('Registering again', REREGISTER_EFFECT_MS, () =>
      Promise.resolve(deps.registerAgain()),
    ),
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
