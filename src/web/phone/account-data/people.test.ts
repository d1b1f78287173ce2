import 'fake-indexeddb/auto';
import { afterEach, expect, it, vi } from 'vitest';
import { People } from './people';
import type { DirectoryEntry } from './directory';
import { PhoneServer } from './phone-server';
import { DeviceStore } from './device-store';

const device = new DeviceStore();
const server = new PhoneServer({
  phoneApi: '',
  directory: true,
  presence: 'off',
  turn: false,
  iceServers: [],
});
const people = new People(device, server, '1000@pbx.test');

function directory(...numbers: string[]): void {
  const entries: readonly DirectoryEntry[] = numbers.map((extension) => ({
    extension,
    name: `Ext ${extension}`,
  }));
  vi.spyOn(server, 'directory', 'get').mockReturnValue(entries);
}

afterEach(() => {
  vi.restoreAllMocks();
});

it('combines history, contacts and directory, and notifies of each change', async () => {
  await device.ready;
  const onChange = vi.fn();
  const end = people.subscribe(onChange);
  for (const [name, number, favourite] of [
    ['Ann', '1001', false],
    ['Zoë', '10-02', true],
    ['\u202EMum\u202C', '+49 30\u200B 1234', true],
    ['Anton', '1001', false],
    ['Dora', '1003', false],
  ] as const) {
    device.contacts.save({ id: null, name, number, favourite });
  }
  expect(onChange).toHaveBeenCalledTimes(5);
  expect(people.watched).toEqual(['1002', '1001', '1003']);

  expect(people.contacts.list.map(({ name, number }) => `${name} ${number}`)).toContain(
    'Mum +49 30 1234',
  );

  directory('1001', '1002', '1009');
  expect(people.watched).toEqual(['1002', '1001']);
  expect(people.directory).toHaveLength(3);
  expect(people.suggest('100').map(({ name }) => name)).toEqual(['Zoë', 'Ann', 'Dora', 'Ext 1009']);

  people.history.add({
    direction: 'in',
    remote: { name: '', number: '1003' },
    outcome: 'missed',
    cause: '',
    startedAt: 1,
    seconds: null,
    quality: null,
  });
  expect(onChange).toHaveBeenCalledTimes(6);
  expect(people.suggest('100')[1]?.name).toBe('Dora');
  expect(people.trouble).toBe('');
  end();
  people.history.clear();
  expect(onChange).toHaveBeenCalledTimes(6);
});

it('leaves out the person’s own extension', () => {
  directory('1000', '1009');
  expect(people.directory).toEqual([{ extension: '1009', name: 'Ext 1009' }]);
  expect(people.directory).toBe(people.directory);
  expect(people.suggest('1000')).toEqual([]);
});

it('suggests again when more extensions are loaded, and counts short numbers as extensions', () => {
  const search = vi.spyOn(server, 'searchDirectory').mockImplementation(() => undefined);
  vi.spyOn(server, 'isDirectoryComplete', 'get').mockReturnValue(false);
  directory('1009');
  const before = people.suggest;
  expect(people.suggest).toBe(before);
  expect(people.suggest('ext').map(({ number }) => number)).toEqual(['1009']);
  expect(search).toHaveBeenCalledWith('ext');
  directory('1009', '1010');
  expect(people.suggest).not.toBe(before);
  expect(people.suggest('ext')).toHaveLength(2);
  expect(people.watched).toContain('1003');
});

it('names past calls that have a number only, the newest of them', () => {
  const nameOf = vi.spyOn(server, 'nameOf').mockReturnValue('');
  people.history.clear();
  for (let startedAt = 0; startedAt < 60; startedAt += 1) {
    people.history.add({
      direction: 'in',
      remote: { name: startedAt === 58 ? 'Said by the caller' : '', number: String(startedAt) },
      outcome: 'missed',
      cause: '',
      startedAt,
      seconds: null,
      quality: null,
    });
  }
  const before = people.calls;
  expect(people.calls).toBe(before);
  expect(before[0]?.remote.name).toBe('');
  expect(new Set(nameOf.mock.calls.flat()).size).toBe(49);
  nameOf.mockImplementation((number) => `Name of ${number}`);
  const { calls } = people;
  expect(calls[0]?.remote).toEqual({ name: 'Name of 59', number: '59' });
  expect(calls[1]?.remote.name).toBe('Said by the caller');
  expect(calls[59]?.remote.name).toBe('');
});
