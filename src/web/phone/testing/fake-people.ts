/* Sample history, contacts and directory of a person in an office. */
import { Suggestions } from '../account-data/suggestions';
import type { Contact } from '../account-data/contacts';
import type { PastCall } from '../account-data/history';
import { withoutCountry } from '../model/numbers/dial-plan';
import type { PeopleData } from '../ui/people';

const HOUR = 3_600_000;

export function pastCall(part: Partial<PastCall> = {}): PastCall {
  return {
    id: 1,
    owner: '1000@pbx.test',
    direction: 'out',
    remote: { name: 'Grace Hopper', number: '1001' },
    outcome: 'normal',
    cause: '',
    startedAt: Date.now() - HOUR,
    seconds: 75,
    quality: null,
    seen: true,
    ...part,
  };
}

const good = { mos: 4.3, loss: 0, jitter: 3, roundTrip: 20, codec: 'opus', bitrate: 30_000 };
const mended = {
  text: 'The other side does not hear you: the microphone has stopped',
  helped: 'Taking the microphone again',
};

export function somePastCalls(now: number): readonly PastCall[] {
  return [
    pastCall({
      id: 1,
      direction: 'in',
      outcome: 'missed',
      seconds: null,
      seen: false,
      remote: { name: 'Hedy Lamarr', number: '1002' },
      startedAt: now - 0.3 * HOUR,
    }),
    pastCall({ id: 2, quality: good, startedAt: now - HOUR, faults: [mended] }),
    pastCall({
      id: 3,
      direction: 'in',
      remote: { name: '', number: '+49 30 901820' },
      seconds: 3725,
      quality: { ...good, mos: 3.7 },
      startedAt: now - 3 * HOUR,
    }),
    pastCall({
      id: 4,
      outcome: 'failed',
      cause: 'Busy',
      seconds: null,
      remote: { name: 'Annie Easley', number: '1003' },
      startedAt: now - 26 * HOUR,
    }),
    pastCall({
      id: 5,
      direction: 'in',
      outcome: 'elsewhere',
      seconds: null,
      remote: { name: 'A name that is much too long for any display', number: '1004' },
      startedAt: now - 75 * HOUR,
    }),
    pastCall({ id: 6, original: { name: '', number: '**1002' }, startedAt: now - 400 * HOUR }),
  ];
}

const contacts: readonly Contact[] = [
  { id: 1, name: 'Hedy Lamarr', number: '1002', favourite: true },
  { id: 2, name: 'Dentist', number: '+49 30 901820', favourite: false },
];

const directory = [
  { extension: '1001', name: 'Grace Hopper' },
  { extension: '1002', name: 'Hedy Lamarr' },
  { extension: '1003', name: 'Annie Easley' },
  { extension: '1004', name: 'Katherine Johnson' },
  { extension: '1005', name: '' },
];

export interface FakePeople extends PeopleData {
  /** The log of actions, as `remove call 1`. */
  readonly done: readonly string[];
}

export function fakePeople(
  calls: readonly PastCall[] = somePastCalls(Date.now()),
  part: Partial<Pick<PeopleData, 'directory' | 'trouble'>> & { contacts?: readonly Contact[] } = {},
): FakePeople {
  const done: string[] = [];
  const own = part.contacts ?? contacts;
  const all = { contacts: own, directory: part.directory ?? directory, calls };
  const suggestions = new Suggestions(() => all);
  return {
    done,
    calls,
    history: {
      missed: calls.filter((call) => !call.seen).length,
      markSeen: () => done.push('look'),
      remove: (id) => done.push(`remove call ${id}`),
      clear: () => done.push('clear'),
    },
    contacts: {
      list: own,
      save: (draft) => {
        done.push(`save ${JSON.stringify(draft)}`);
        return true;
      },
      remove: (id) => done.push(`remove contact ${id}`),
    },
    directory: all.directory,
    suggest: (typed) => suggestions.find(typed),
    dialled: withoutCountry.dialled,
    searchDirectory: (typed) => done.push(`search ${typed}`),
    showPresence: () => {
      done.push('show presence');
      return () => done.push('hide presence');
    },
    trouble: part.trouble ?? '',
    subscribe: () => () => undefined,
  };
}
