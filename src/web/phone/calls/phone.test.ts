import { beforeEach, describe, expect, it } from 'vitest';
import { Phone } from './phone';
import type { SignalTone } from '../tones/sounds';
import { failed, type Outcome } from '../model/call';
import { cause } from '../model/causes';
import type { CallListener } from '../sip/edge';
import type { Account } from '../model/account';
import { FakeAgent, FakeCall, lastAgent } from '../testing/fake-agent';

const account: Account = {
  extension: '1000',
  password: 'secret',
  server: 'wss://pbx.test',
  domain: 'pbx.test',
};

let agents: FakeAgent[];
let sounds: SignalTone[];
let unlocked: number;
let now: number;
let phone: Phone;

beforeEach(() => {
  agents = [];
  sounds = [];
  unlocked = 0;
  now = 1_000_000;
  phone = new Phone(
    (given, listener) => {
      const agent = new FakeAgent(given, listener);
      agents.push(agent);
      return agent;
    },
    {
      unlock: () => {
        unlocked += 1;
      },
      play: (sound) => {
        if (sounds.at(-1) !== sound) {
          sounds.push(sound);
        }
      },
      announce: () => undefined,
    },
    { now: () => now },
  );
});

const agent = (): FakeAgent => lastAgent(agents);

function registered(): FakeAgent {
  phone.register(account);
  agent().listener.registered();
  return agent();
}

function dialled(): { call: FakeCall; far: CallListener; id: number } {
  const registrar = registered();
  phone.call('1001');
  const call = registrar.calls[0];
  const id = phone.state.lines[0]?.id;
  if (call === undefined || call.listener === null || id === undefined) {
    throw new Error('no call was made');
  }
  return { call, far: call.listener, id };
}

function ringing(): { call: FakeCall; far: CallListener; id: number } {
  const call = registered().ring();
  const id = phone.state.lines[0]?.id;
  if (call.listener === null || id === undefined) {
    throw new Error('the call was turned away');
  }
  return { call, far: call.listener, id };
}

describe('registration', () => {
  it('starts without a registration', () => {
    expect(phone.state.registration).toEqual({ state: 'none' });
  });

  it('changes from registering to registered, and unlocks sound on the click', () => {
    phone.register(account);
    expect(agent().started).toBe(true);
    expect(unlocked).toBe(1);
    expect(phone.state.registration).toEqual({
      state: 'registering',
      extension: '1000',
      again: false,
    });
    agent().listener.registered();
    expect(phone.state.registration).toEqual({ state: 'registered', extension: '1000' });
  });

  it('reports that it is registering again when the connection was lost', () => {
    registered().listener.registering();
    expect(phone.state.registration).toMatchObject({ state: 'registering', again: true });
  });

  it('shows the cause of a failure and releases the agent', () => {
    phone.register(account);
    agent().listener.failed(cause('wrong-password'));
    expect(phone.state.registration).toMatchObject({
      state: 'failed',
      extension: '1000',
      cause: { code: 'wrong-password' },
    });
    expect(agent().stopped).toBe(true);
  });

  it('keeps the agent of a failed registration until its call has ended', () => {
    const { call, far } = dialled();
    far.answered();
    agent().listener.failed(cause('wrong-password'));
    expect(agent().stopped).toBe(false);
    expect(phone.state.lines).toHaveLength(1);
    call.hangUp();
    expect(agent().stopped).toBe(true);
  });

  it('unregisters, and ignores later events of that agent', () => {
    const old = registered();
    phone.unregister();
    expect(old.stopped).toBe(true);
    old.listener.registered();
    old.listener.failed(cause('no-reply'));
    expect(phone.state.registration).toEqual({ state: 'none' });
  });

  it('stops the old agent when another account registers', () => {
    const old = registered();
    phone.register({ ...account, extension: '1002' });
    expect(old.stopped).toBe(true);
    old.listener.registered();
    expect(phone.state.registration).toMatchObject({ state: 'registering', extension: '1002' });
  });

  it('ends calls with the registration, and ignores later events of the agent', () => {
    dialled();
    phone.unregister();
    expect(phone.state.lines).toEqual([]);
    expect(phone.state.lastEnded).toBeNull();
    expect(sounds.at(-1)).toBe('none');
  });
});

describe('an outgoing call', () => {
  it('is dialling, ringing, active, with the timer from the answer on', () => {
    const { far } = dialled();
    expect(agent().numbers).toEqual(['1001']);
    expect(phone.state.lines[0]).toMatchObject({ state: 'dialling', answeredAt: null });
    far.progress({ ringing: true, media: false });
    expect(phone.state.lines[0]).toMatchObject({ state: 'ringing', answeredAt: null });
    now += 5000;
    far.answered();
    expect(phone.state.lines[0]).toMatchObject({ state: 'active', answeredAt: now });
  });

  it('plays ringback while it rings without early media', () => {
    const { far } = dialled();
    expect(sounds).toEqual(['none']);
    far.progress({ ringing: true, media: false });
    far.answered();
    expect(sounds).toEqual(['none', 'ringback', 'none']);
  });

  it('plays early media instead of ringback, also if ringing is signalled again', () => {
    const { far } = dialled();
    far.progress({ ringing: true, media: false });
    far.progress({ ringing: true, media: true });
    far.progress({ ringing: true, media: false });
    expect(sounds).toEqual(['none', 'ringback', 'none']);
    expect(phone.state.lines[0]).toMatchObject({ state: 'ringing', earlyMedia: true });
  });

  it('plays no ringback for a progress without ringing', () => {
    const { far } = dialled();
    far.progress({ ringing: false, media: false });
    expect(phone.state.lines[0]).toMatchObject({ state: 'dialling' });
  });

  it('does not go back to ringing after the answer', () => {
    const { far } = dialled();
    far.answered();
    far.progress({ ringing: true, media: false });
    expect(phone.state.lines[0]).toMatchObject({ state: 'active' });
  });

  it('keeps the cause of its failure until the person dismisses it', () => {
    const { far } = dialled();
    far.ended(failed(cause('busy')));
    expect(phone.state.lines).toEqual([]);
    expect(phone.state.lastEnded).toMatchObject({
      direction: 'out',
      remote: { number: '1001' },
      outcome: { kind: 'failed', cause: { code: 'busy' } },
      seconds: null,
    });
    phone.dismiss();
    expect(phone.state.lastEnded).toBeNull();
  });

  it('removes the last cause when the next call begins', () => {
    const { far } = dialled();
    far.ended(failed(cause('busy')));
    phone.call('1002');
    expect(phone.state.lastEnded).toBeNull();
  });

  it('counts the seconds of an answered call', () => {
    const { far } = dialled();
    far.answered();
    now += 61_900;
    far.ended({ kind: 'normal' });
    expect(phone.state.lastEnded).toMatchObject({ seconds: 61 });
  });

  it('is hung up', () => {
    const { call, id } = dialled();
    phone.hangUp(id);
    expect(call.log).toEqual(['hang up']);
    expect(phone.state.lines).toEqual([]);
  });

  it('needs a registration, a number, and no other outgoing call', () => {
    phone.call('1001');
    expect(agents).toEqual([]);
    registered();
    phone.call('  ');
    expect(phone.state.lines).toEqual([]);
    phone.call(' 1001 ');
    phone.call('1002');
    expect(agent().numbers).toEqual(['1001']);
    expect(phone.state.lastDialled).toBe('1001');
  });

  it('ends once: a late answer or a second end changes nothing', () => {
    const { far } = dialled();
    far.ended(failed(cause('busy')));
    far.answered();
    far.ended({ kind: 'normal' });
    expect(phone.state.lines).toEqual([]);
    expect(phone.state.lastEnded?.outcome.kind).toBe('failed');
  });
});

describe('an incoming call', () => {
  it('rings with a sound, and is answered once', () => {
    const { call, far, id } = ringing();
    expect(phone.state.lines[0]).toMatchObject({ direction: 'in', state: 'ringing' });
    expect(sounds.at(-1)).toBe('ringing');
    phone.answer(id);
    phone.answer(id);
    expect(call.log).toEqual(['answer']);
    expect(phone.state.lines[0]).toMatchObject({ state: 'answering', answeredAt: null });
    expect(sounds.at(-1)).toBe('none');
    far.answered();
    expect(phone.state.lines[0]).toMatchObject({ state: 'active', answeredAt: now });
  });

  it('is declined', () => {
    const { call, id } = ringing();
    phone.decline(id);
    expect(call.log).toEqual(['reject declined']);
    expect(phone.state.lines).toEqual([]);
  });

  it.each<Outcome>([{ kind: 'missed' }, { kind: 'elsewhere' }])('can end as %o', (outcome) => {
    const { far } = ringing();
    far.ended(outcome);
    expect(phone.state.lastEnded).toMatchObject({ direction: 'in', outcome });
    expect(sounds.at(-1)).toBe('none');
  });

  it('replaces the report of the ended call', () => {
    const { far } = dialled();
    far.ended(failed(cause('busy')));
    agent().ring();
    expect(phone.state.lastEnded).toBeNull();
  });
});

describe('an active call', () => {
  it('mutes and unmutes', () => {
    const { call, far, id } = dialled();
    phone.setMuted(id, true);
    expect(call.log).toEqual([]);
    far.answered();
    phone.setMuted(id, true);
    expect(phone.state.lines[0]?.muted).toBe(true);
    phone.setMuted(id, false);
    expect(phone.state.lines[0]?.muted).toBe(false);
    expect(call.log).toEqual(['muted on', 'muted off']);
  });

  it('sends and shows digits, many at once too, but no other characters and only after the answer', () => {
    const { call, far, id } = dialled();
    phone.sendDigits(id, '1');
    far.answered();
    for (const typed of ['1', '*', '#', 'A', '12 34-5', '']) {
      phone.sendDigits(id, typed);
    }
    expect(call.log).toEqual(['digits 1', 'digits *', 'digits #', 'digits 12345']);
    expect(phone.state.lines[0]?.digits).toBe('1*#12345');
  });
});

describe('tones before the answer', () => {
  it('are sent once the other side sends sound, and not while it only rings', () => {
    const { call, far, id } = dialled();
    far.progress({ ringing: true, media: false });
    phone.sendDigits(id, '1');
    far.progress({ ringing: true, media: true });
    phone.sendDigits(id, '2#');
    expect(call.log).toEqual(['digits 2#']);
    expect(phone.state.lines[0]?.digits).toBe('2#');
  });
});

describe('the other side', () => {
  it('is who the switch reports, in the call and after it', () => {
    const { far, id } = dialled();
    const { remote } = phone.state.lines[0] ?? {};
    far.answered();
    far.moved({ name: 'Carol', number: '1003' });
    far.moved({ name: '', number: '1003' });
    expect(phone.state.lines[0]).toMatchObject({
      remote: { name: 'Carol', number: '1003' },
      original: remote,
    });
    phone.hangUp(id);
    expect(phone.state.lastEnded).toMatchObject({
      remote: { name: 'Carol', number: '1003' },
      original: remote,
    });
    // Too late.
    far.moved({ name: '', number: '1004' });
    expect(phone.state.lines).toEqual([]);
  });

  it('is not another one if it only gets a name', () => {
    const { far, id } = dialled();
    const { number = '' } = phone.state.lines[0]?.remote ?? {};
    far.answered();
    far.moved({ name: 'Ann', number });
    expect(phone.state.lines[0]?.remote).toEqual({ name: 'Ann', number });
    phone.hangUp(id);
    expect(phone.state.lastEnded).not.toHaveProperty('original');
  });
});

describe('observers', () => {
  it('are notified of every change until they unsubscribe', () => {
    let heard = 0;
    const leave = phone.subscribe(() => {
      heard += 1;
    });
    registered();
    expect(heard).toBeGreaterThan(1);
    const before = heard;
    leave();
    phone.call('1001');
    expect(heard).toBe(before);
  });
});
