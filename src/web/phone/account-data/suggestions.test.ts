import { describe, expect, it } from 'vitest';
import type { PastCall } from './history';
import { DialPlan } from '../model/numbers/dial-plan';
import { Suggestions, type Sources } from './suggestions';

function contact(name: string, number: string, favourite = false) {
  return { id: 0, name, number, favourite };
}

function call(number: string, name = ''): PastCall {
  return {
    id: 0,
    owner: '',
    direction: 'in',
    remote: { name, number },
    outcome: 'normal',
    cause: '',
    startedAt: 0,
    seconds: 1,
    quality: null,
    seen: true,
  };
}

function found(typed: string, part: Partial<Sources>): string[] {
  const sources = { contacts: [], directory: [], calls: [], ...part };
  return new Suggestions(() => sources)
    .find(typed)
    .map(({ name, number, source }) => `${name} ${number} ${source}`);
}

const directory = [
  { extension: '1000', name: 'Ann Lee' },
  { extension: '1001', name: 'Łukasz Müller-Groß' },
  { extension: '1002', name: 'Bob Lee' },
  { extension: 'reception', name: '' },
];

describe('a match', () => {
  it.each([
    ['100', ['Ann Lee 1000', 'Łukasz Müller-Groß 1001', 'Bob Lee 1002']],
    ['1002', ['Bob Lee 1002']],
    ['10 0-2', ['Bob Lee 1002']],
    ['lee', ['Ann Lee 1000', 'Bob Lee 1002']],
    ['LEE b', ['Bob Lee 1002']],
    ['muller', ['Łukasz Müller-Groß 1001']],
    ['MÜL', ['Łukasz Müller-Groß 1001']],
    ['lukasz', ['Łukasz Müller-Groß 1001']],
    ['gross', ['Łukasz Müller-Groß 1001']],
    ['recep', [' reception']],
    ['bob 1002', ['Bob Lee 1002']],
    ['ee', []],
    ['002', []],
    ['', []],
    ['  ', []],
    ['.*', []],
    ['(', []],
  ])('%j finds %j in the directory', (typed, expected) => {
    expect(found(typed, { directory })).toEqual(expected.map((one) => `${one} directory`));
  });

  it('is matched by the digits of formatted numbers', () => {
    const contacts = [contact('Zoë', '+49 (30) 12-34')];
    for (const typed of ['+4930', '+49 (30) 1', '4930123', 'zoe']) {
      expect(found(typed, { contacts })).toEqual(['Zoë +49 (30) 12-34 contact']);
    }
  });

  it('is matched by every notation of a number, and each number is there once (N6)', () => {
    const contacts = [contact('Zoë', '+49 (0)30 1234567')];
    const calls = [call('0301234567'), call('004930/1234567'), call('')];
    for (const typed of ['+4930', '004930', '4930', '+49 (0)30', '٤٩٣٠', '\u202A+49\u00A030']) {
      expect(found(typed, { contacts, calls })).toEqual(['Zoë +49 (0)30 1234567 contact']);
    }
  });

  it('is matched by the number as it is dialled in the country', () => {
    const germany = { code: '49', trunk: '0', international: '00', shortest: 5, longest: 13 };
    const plan = new DialPlan({ ...germany, outside: '' });
    const sources = { contacts: [contact('Zoë', '+49 30 1234567')], directory: [], calls: [] };
    const suggestions = new Suggestions(() => sources, plan);
    for (const typed of ['0301', '+4930', '0301234567', '0049301234567']) {
      expect(suggestions.find(typed).map(({ name }) => name)).toEqual(['Zoë']);
    }
  });

  it('is each number once, with the name of the contact', () => {
    const sources = {
      contacts: [contact('Annie', '10-00')],
      directory,
      calls: [call('1000', 'A. Lee'), call('1002', 'Robert'), call('1999', 'Stranger')],
    };
    expect(found('1', sources)).toEqual([
      'Annie 10-00 contact',
      'Bob Lee 1002 directory',
      'Stranger 1999 history',
      'Łukasz Müller-Groß 1001 directory',
    ]);
  });
});

describe('the first match', () => {
  it('is the exact number, then favourites, then the latest call', () => {
    const sources = {
      contacts: [contact('Ann', '10001', true), contact('Bob', '10002'), contact('Cid', '10003')],
      directory: [{ extension: '1000', name: 'Dora' }],
      calls: [call('10003'), call('10002')],
    };
    expect(found('1000', sources).map((one) => one.split(' ')[0])).toEqual([
      'Dora',
      'Ann',
      'Cid',
      'Bob',
    ]);
  });

  it('is the number with this prefix, then the name', () => {
    const sources = {
      directory: [
        { extension: '200', name: '3 Rooms' },
        { extension: '31', name: '' },
      ],
    };
    expect(found('3', sources)).toEqual([' 31 directory', '3 Rooms 200 directory']);
  });
});

it('returns a limited number, and follows its sources', () => {
  let sources: Sources = {
    contacts: [],
    calls: [],
    directory: Array.from({ length: 10_000 }, (_, index) => ({
      extension: String(10_000 + index),
      name: `Somebody ${index}`,
    })),
  };
  const suggestions = new Suggestions(() => sources);
  expect(suggestions.find('some')).toHaveLength(8);
  expect(suggestions.find('1', 3).map(({ number }) => number)).toEqual(['10000', '10001', '10002']);

  sources = { ...sources, directory: [{ extension: '1', name: 'Somebody else' }] };
  expect(suggestions.find('some').map(({ number }) => number)).toEqual(['1']);
});
