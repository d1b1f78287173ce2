import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakePeople, pastCall, type FakePeople } from '../../testing/fake-people';
import {
  button,
  field,
  isWide,
  names,
  openWith,
  press,
  setUp,
  shown,
  tearDown,
  text,
  type,
  view,
} from '../../testing/view-bench';

const all = (): readonly string[] => (view().people as FakePeople).done;
const isPresence = (what: string): boolean => what.endsWith('presence');
const done = (): readonly string[] => all().filter((what) => !isPresence(what));

async function search(label: string, value: string): Promise<void> {
  const input = view().querySelector<HTMLInputElement>(`[aria-label="${label}"]`);
  if (input === null) {
    throw new Error(`no field ${label}`);
  }
  input.value = value;
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await shown();
}

beforeEach(setUp);
afterEach(tearDown);

describe('history', () => {
  it('shows the outcome of each call, and calls back', async () => {
    const phone = await openWith({});
    await press('History');
    const rows = names().filter((name) => name.startsWith('Call back'));
    expect(rows[0]).toMatch(/^Call back Hedy Lamarr 1002 · Missed/);
    expect(rows[1]).toMatch(/^Call back Grace Hopper 1001 · 01:15 · Good/);
    expect(rows[1]).toMatch(/the microphone has stopped. What helped: Taking the microphone again/);
    expect(rows[3]).toMatch(/1003 · Busy Yesterday/);
    await press(rows[3] ?? '');
    expect(phone.said).toEqual(['call 1003']);
  });

  it('has nothing to call back where the number is withheld (N5)', async () => {
    const withheld = { direction: 'in', outcome: 'missed', seconds: null } as const;
    const calls = [
      pastCall({ ...withheld, id: 1, remote: { name: '', number: '' } }),
      pastCall({ ...withheld, id: 2, remote: { name: 'Ann', number: '' } }),
    ];
    await openWith({ calls });
    const recent = names().filter((name) => name.includes('missed'));
    expect(recent[0]).toMatch(/^Number withheld missed,/);
    expect(button(recent[0] ?? '').disabled).toBe(true);
    await press('History');
    const rows = names().filter((name) => name.includes('Missed'));
    expect(rows[0]).toMatch(/^Number withheld Missed/);
    expect(rows[1]).toMatch(/^Ann Number withheld · Missed/);
    expect(rows.map((name) => button(name).disabled)).toEqual([true, true]);
    await search('Search history', 'withheld');
    expect(names().filter((name) => name.includes('Missed'))).toHaveLength(1);
  });

  it('shows who it was at first where that was another one, and finds both', async () => {
    const remote = { name: 'Carol', number: '1003' };
    const original = { name: '', number: '**1002' };
    await openWith({ calls: [pastCall({ remote, original, seconds: 60 })] });
    await press('History');
    const [row = ''] = names().filter((name) => name.startsWith('Call back'));
    expect(row).toMatch(/^Call back Carol 1003 · 01:00 First to \*\*1002/);
    await search('Search history', '**1002');
    expect(names()).toContain(row);
  });

  it('is searched by name and number', async () => {
    await openWith({});
    await press('History');
    await search('Search history', '1003');
    expect(names().filter((name) => name.startsWith('Call back'))).toHaveLength(1);
    await search('Search history', '10\u201103');
    expect(names().filter((name) => name.startsWith('Call back'))).toHaveLength(1);
    await search('Search history', 'nobody');
    expect(text('.panel-empty')).toBe('No call matches.');
  });

  it('is deleted one by one, or completely after a confirmation', async () => {
    await openWith({});
    await press('History');
    await press('Delete the call with Annie Easley');
    await press('Delete all');
    await press('Keep');
    await press('Delete all');
    await press('Delete 6');
    expect(done().filter((what) => what !== 'look')).toEqual(['remove call 4', 'clear']);
  });

  it('counts missed calls until they were looked at', async () => {
    await openWith({});
    expect(button('History').getAttribute('aria-description')).toBe('1 missed');
    expect(done()).toEqual([]);
    await press('History');
    expect(done()[0]).toBe('look');
  });

  it('beside the card counts as looked at when it is used', async () => {
    isWide(true);
    await openWith({});
    expect(done()).toEqual([]);
    await press('History');
    expect(document.activeElement?.getAttribute('aria-labelledby')).toBe('history-title');
    expect(view().querySelector('.pad')).not.toBeNull();
    expect(done()[0]).toBe('look');
  });
});

describe('contacts', () => {
  it('are looked for in the directory of the server too', async () => {
    await openWith({});
    await press('Contacts');
    await search('Search contacts', 'grace');
    expect(done()).toContain('search grace');
  });

  it('list the person’s contacts and the extensions of the server, with their presence', async () => {
    const phone = await openWith({ phone: { presence: new Map([['1001', 'busy']]) } });
    await press('Contacts');
    const rows = names().filter((name) => /^Call \w/.test(name));
    expect(rows).toContain('Call Grace Hopper 1001 In a call');
    expect(rows).toContain('Call 1005');
    await press('Call Dentist +49 30 901820');
    expect(phone.said.at(-1)).toBe('call +49 30 901820');
  });

  it('show presence while they are open, and beside the card', async () => {
    await openWith({});
    const presence = (): readonly string[] => all().filter(isPresence);
    expect(presence()).toEqual([]);
    await press('Contacts');
    expect(presence()).toEqual(['show presence']);
    await press('Contacts');
    expect(presence()).toEqual(['show presence', 'hide presence']);
    isWide(true);
    await openWith({});
    expect(presence()).toEqual(['show presence']);
  });

  it('show the presence of a number in any notation', async () => {
    const contacts = [{ id: 1, name: 'Bob', number: '10-01', favourite: false }];
    await openWith({
      phone: { presence: new Map([['1001', 'busy']]) },
      view: { people: fakePeople([], { contacts, directory: [] }) },
    });
    await press('Contacts');
    expect(names()).toContain('Call Bob 10-01 In a call');
  });

  it('are added, and a missing value is shown at its field', async () => {
    await openWith({});
    await press('Contacts');
    await press('Add contact');
    await type('Name', 'Ada');
    await press('Save contact');
    expect(text('#contact-number-error')).toBe('Enter a number or a SIP address.');
    await type('Number', '1000');
    await press('Save contact');
    expect(done()).toEqual(['save {"id":null,"name":"Ada","number":"1000","favourite":false}']);
  });

  it('are edited, deleted and made favourites', async () => {
    await openWith({});
    await press('Contacts');
    await press('Favourite: Dentist');
    await press('Edit Dentist');
    expect(field('Name').value).toBe('Dentist');
    await press('Delete contact');
    expect(done()).toEqual([
      'save {"id":2,"name":"Dentist","number":"+49 30 901820","favourite":true}',
      'remove contact 2',
    ]);
  });
});
