import type { EndedCall, Finding, Flows, Line, Presence } from '../../model/state';
import { faultText, repairedText } from '../../quality/fault-texts';
import { failed } from '../../model/call';
import { cause } from '../../model/causes';
import type { SipPhone } from '../../ui/sip-phone';
import { pastCall } from '../fake-people';
import { line, quality } from '../view-phone';
import { press, type, type Prepared } from './prepared';

const talking = (part: Partial<Line> = {}): Line =>
  line({
    startedAt: Date.now() - 151_000,
    answeredAt: Date.now() - 151_000,
    quality: Array.from({ length: 60 }, (_, index) => quality(4.25 + 0.1 * Math.sin(index / 4))),
    ...part,
  });

const held = (part: Partial<Line> = {}): Line =>
  talking({ id: 2, remote: { name: 'Hedy Lamarr', number: '1002' }, hold: 'held', ...part });

const ringing = (part: Partial<Line> = {}): Line =>
  line({
    id: 3,
    direction: 'in',
    state: 'ringing',
    answeredAt: null,
    remote: { name: 'Annie Easley', number: '1003' },
    ...part,
  });

const ended = (part: Partial<EndedCall>): EndedCall => ({
  direction: 'out',
  remote: { name: 'Grace Hopper', number: '1001' },
  outcome: { kind: 'normal' },
  startedAt: Date.now(),
  seconds: null,
  quality: null,
  ...part,
});

const finding = (part: Partial<Finding> = {}): Finding => ({
  code: 'nothing-received',
  at: Date.now(),
  fault: faultText('nothing-received').text,
  ...faultText('nothing-received'),
  state: 'open',
  steps: [
    { name: 'Looking for another way (ICE restart)', result: 'vain' },
    { name: 'Negotiating again (re-INVITE)', result: 'vain' },
  ],
  ...part,
});

const nothingReceived: Flows = {
  sending: 'sound',
  receiving: 'nothing',
  playing: true,
  route: 'host-host udp',
};

const presence = new Map<string, Presence>([
  ['1001', 'busy'],
  ['1002', 'available'],
  ['1003', 'ringing'],
  ['1004', 'offline'],
  ['1005', 'unknown'],
]);

const target = { name: 'Annie Easley', number: '1003' };
const long = {
  name: 'Wolfeschlegelsteinhausenbergerdorff Hubert Blaine the Elder of Everything',
  number: '+1234567890123456789012345678901234567890',
};

const registering: Readonly<Record<string, () => Prepared>> = {
  'register-first': () => ({ phone: { registration: { state: 'none' } } }),
  'register-kept': () => ({
    phone: { registration: { state: 'none' } },
    view: { keptRegistration: { isPossible: true, exists: true } },
  }),
  'register-missing': () => ({
    phone: { registration: { state: 'none' } },
    steps: [press('Register')],
  }),
  'register-busy': () => ({
    phone: { registration: { state: 'registering', extension: '1000', again: false } },
  }),
  'register-failed': () => ({
    phone: {
      registration: { state: 'failed', extension: '1000', cause: cause('wrong-password') },
    },
  }),
  'register-unreachable': () => ({
    phone: { registration: { state: 'failed', extension: '1000', cause: cause('unreachable') } },
  }),
  fault: () => ({ view: { fault: 'The phone cannot start: the server sent a faulty setting.' } }),
};

const idle: Readonly<Record<string, () => Prepared>> = {
  idle: () => ({ phone: { voicemail: { fresh: 2, old: 1, account: '' } } }),
  'idle-first': () => ({ calls: [] }),
  'idle-typing': () => ({ steps: [type('#number', '10')] }),
  'idle-pasted': () => ({
    steps: [type('#number', '\u202A+49\u00A0(0)30 123\u20114567 ext. 56\u202C')],
  }),
  'idle-several': () => ({ steps: [type('#number', '030 1234567 / 030 7654321')] }),
  'idle-withheld': () => ({
    calls: [
      pastCall({
        direction: 'in',
        outcome: 'missed',
        seconds: null,
        remote: { name: '', number: '' },
      }),
    ],
  }),
  'idle-option': () => ({
    steps: [
      type('#number', 'a'),
      (view) => {
        view
          .querySelector('#number')
          ?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
      },
    ],
  }),
  'idle-ended': () => ({ phone: { lastEnded: ended({ seconds: 151 }) } }),
  'idle-missed': () => ({
    phone: { lastEnded: ended({ direction: 'in', outcome: { kind: 'missed' } }) },
  }),
  'idle-gone': () => ({
    phone: { lastEnded: ended({ remote: long, seconds: 151, outcome: { kind: 'gone' } }) },
  }),
  'idle-lost': () => ({
    phone: { lastEnded: ended({ seconds: 151, outcome: failed(cause('server-lost-call')) }) },
  }),
  'idle-failed': () => ({ phone: { lastEnded: ended({ outcome: failed(cause('busy')) }) } }),
  'idle-failed-long': () => ({
    phone: { lastEnded: ended({ remote: long, outcome: failed(cause('microphone-denied')) }) },
  }),
  'idle-quiet': () => ({ phone: { doNotDisturb: true } }),
  'idle-again': () => ({
    phone: {
      registration: { state: 'registering', extension: '1000', again: true },
      connected: false,
    },
  }),
  'idle-blocked': () => ({ sound: { soundBlocked: true } }),
  'idle-elsewhere': () => ({
    view: {
      notices: [
        {
          text: 'Registered in another tab, where calls ring and sound.',
          action: 'Take over',
          press: () => undefined,
        },
      ],
    },
  }),
};

const tested = (
  [
    ['Microphone', 'ok', 'Jabra Evolve2 40 hears something.'],
    ['Speaker', 'ok', 'A tone was played on Jabra Evolve2 40.'],
    ['Connection (WebSocket)', 'ok', 'wss://pbx.example.org:7443 answers in 31 ms.'],
    ['Certificate', 'ok', 'The browser trusts the certificate of pbx.example.org.'],
    ['Registration', 'ok', 'Registered as 1000.'],
    ['STUN', 'fault', 'stun:stun.example.org does not answer. A firewall may block UDP.'],
    ['TURN', 'warning', 'None is set.'],
    ['Sound there and back', null, ''],
  ] as const
).map(([name, result, text]) => ({
  name,
  finished: result === null ? null : { name, result, text, at: 0 },
}));

/** The results of a test before a call, without a real test. */
function showTest(view: SipPhone): void {
  Object.assign(view.querySelector('phone-test') ?? {}, { rows: tested, progress: 'done' });
}

const around: Readonly<Record<string, () => Prepared>> = {
  history: () => ({ steps: [press('History')] }),
  'history-empty': () => ({ calls: [], steps: [press('History')] }),
  'history-clear': () => ({ steps: [press('History'), press('Delete all')] }),
  contacts: () => ({ phone: { presence }, steps: [press('Contacts')] }),
  'contacts-add': () => ({ steps: [press('Contacts'), press('Add contact')] }),
  'contacts-edit': () => ({ steps: [press('Contacts'), press('Edit Dentist')] }),
  settings: () => ({ steps: [press('Settings')] }),
  'settings-end': () => ({
    steps: [
      press('Settings'),
      (view: SipPhone) => {
        view.querySelector('dialog')?.scrollTo(0, 5000);
      },
    ],
  }),
  'settings-test': () => ({
    steps: [press('Settings'), press('Test this phone'), showTest],
  }),
  shortcuts: () => ({
    steps: [
      () => {
        document.body.dispatchEvent(
          new KeyboardEvent('keydown', { key: '?', bubbles: true, cancelable: true }),
        );
      },
    ],
  }),
};

const calls: Readonly<Record<string, () => Prepared>> = {
  incoming: () => ({ phone: { lines: [ringing()] } }),
  'incoming-long': () => ({ phone: { lines: [ringing({ remote: long })] } }),
  'incoming-two': () => ({ phone: { lines: [ringing(), ringing({ id: 4, remote: long })] } }),
  answering: () => ({ phone: { lines: [ringing({ state: 'answering' })] } }),
  dialling: () => ({ phone: { lines: [line({ state: 'dialling', answeredAt: null })] } }),
  'ringing-out': () => ({ phone: { lines: [line({ state: 'ringing', answeredAt: null })] } }),
  'ringing-out-tones': () => ({
    phone: { lines: [line({ state: 'ringing', answeredAt: null, tones: ',,56#w1234' })] },
  }),
  'call-tones': () => ({ phone: { lines: [talking({ tones: '1234', digits: '56#' })] } }),
  'incoming-withheld': () => ({
    phone: { lines: [ringing({ remote: { name: '', number: '' } })] },
  }),
  call: () => ({ phone: { lines: [talking()] } }),
  'call-long': () => ({
    phone: { lines: [talking({ remote: long, digits: '1234567890123456' })] },
  }),
  'call-muted': () => ({ phone: { lines: [talking({ muted: true, digits: '15#' })] } }),
  'call-held': () => ({ phone: { lines: [talking({ hold: 'held' })] } }),
  'call-poor': () => ({
    phone: { lines: [talking({ quality: [4.2, 3.9, 3.2, 2.6].map(quality) })] },
    steps: [press('Quality: Poor')],
  }),
  'call-quality': () => ({ phone: { lines: [talking()] }, steps: [press('Quality: Good')] }),
  'call-sound': () => ({ phone: { lines: [talking()] }, steps: [press('Sound')] }),
  'call-add': () => ({ phone: { lines: [talking()] }, steps: [press('Add call')] }),
  'call-add-typing': () => ({
    phone: { lines: [talking()] },
    steps: [press('Add call'), type('#number', '10')],
  }),
};

const several: Readonly<Record<string, () => Prepared>> = {
  second: () => ({ phone: { lines: [talking(), ringing()] } }),
  'second-long': () => ({
    phone: { lines: [talking({ remote: long }), ringing({ remote: long })] },
  }),
  third: () => ({ phone: { lines: [talking(), held(), ringing()] } }),
  two: () => ({ phone: { lines: [talking(), held()] } }),
  three: () => ({
    phone: { lines: [talking(), held(), held({ id: 5, remote: { name: '', number: '2001' } })] },
  }),
  conference: () => ({
    phone: { lines: [talking({ conference: '3047', remote: { name: '', number: '3047' } })] },
  }),
  transfer: () => ({ phone: { lines: [talking()] }, steps: [press('Transfer')] }),
  'transfer-typing': () => ({
    phone: { lines: [talking()] },
    steps: [press('Transfer'), type('#transfer-to', 'ann')],
  }),
  'transfer-two': () => ({ phone: { lines: [talking(), held()] }, steps: [press('Transfer')] }),
  'transfer-requested': () => ({
    phone: { lines: [talking({ transfer: { state: 'requested', target } })] },
  }),
  'transfer-over': () => ({
    phone: { lines: [talking({ transfer: { state: 'handed-over', target } })] },
  }),
  'transfer-failed': () => ({
    phone: {
      lines: [talking({ transfer: { state: 'failed', target, cause: cause('busy') } })],
    },
  }),
  'consult-ringing': () => ({
    phone: {
      lines: [
        line({ id: 4, state: 'ringing', answeredAt: null, remote: target, consults: 2 }),
        held(),
      ],
    },
  }),
  consult: () => ({
    phone: { lines: [talking({ id: 4, remote: target, consults: 2 }), held()] },
  }),
  reconnecting: () => ({
    phone: { lines: [talking({ rescue: 'reconnecting' })], connected: false },
  }),
  recovering: () => ({ phone: { lines: [talking({ rescue: 'recovering' })] } }),
  trouble: () => ({
    phone: { lines: [talking({ trouble: cause('microphone-in-use') })] },
  }),
  'finding-open': () => ({
    phone: { lines: [talking({ findings: [finding()], flows: nothingReceived })] },
  }),
  'finding-warning': () => ({
    phone: {
      lines: [talking({ findings: [finding({ ...faultText('quality-falling'), steps: [] })] })],
    },
  }),
  'finding-mending': () => ({
    phone: {
      lines: [
        talking({
          findings: [
            finding({
              state: 'mending',
              steps: [{ name: 'Looking for another way (ICE restart)', result: 'trying' }],
            }),
          ],
          flows: nothingReceived,
        }),
      ],
    },
  }),
  'finding-mended': () => ({
    phone: {
      lines: [
        talking({
          findings: [
            finding({
              state: 'mended',
              text: repairedText('nothing-received'),
              remedy: 'What helped: Looking for another way (ICE restart).',
            }),
          ],
        }),
      ],
    },
  }),
  report: () => ({
    phone: { lines: [talking({ findings: [finding()] })] },
    steps: [press('Quality: Good'), press('Report this call')],
  }),
  silent: () => ({
    phone: { lines: [talking({ rescue: 'reconnecting', heard: false })] },
  }),
  'another-lost': () => ({
    phone: {
      lines: [talking({})],
      lastEnded: ended({ seconds: 151, outcome: failed(cause('server-lost-call')) }),
    },
  }),
};

/** Every state, by the name of its screenshot. */
export const states: Readonly<Record<string, (view: SipPhone) => Prepared>> = {
  ...registering,
  ...idle,
  ...around,
  ...calls,
  ...several,
};
