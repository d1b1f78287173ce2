import { describe, expect, it } from 'vitest';
import { availabilityOf, engagementOf, presenceOf } from './presence';

function pidf(basic: string): string {
  return `<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf"
    ><tuple id="t"><status><basic>${basic}</basic></status></tuple></presence>`;
}

function dialogs(...inner: readonly string[]): string {
  const each = inner.map((text, at) => `<dialog id="${String(at)}">${text}</dialog>`).join('');
  return `<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info"
    version="1" state="full" entity="sip:1001@phone.test">${each}</dialog-info>`;
}

const EARLY = '<state>early</state>';

describe('availability', () => {
  it('is the basic status of the document', () => {
    expect(availabilityOf(pidf('open'))).toBe('open');
    expect(availabilityOf(pidf('closed'))).toBe('closed');
  });

  it.each(['', '<presence', pidf('perhaps'), dialogs()])('is unknown in %s', (body) => {
    expect(availabilityOf(body)).toBe('unknown');
  });
});

describe('engagement', () => {
  it('is the state of the busiest dialog', () => {
    expect(engagementOf(dialogs())).toBe('idle');
    expect(engagementOf(dialogs('<state>terminated</state>'))).toBe('idle');
    expect(engagementOf(dialogs(EARLY))).toBe('ringing');
    expect(engagementOf(dialogs('<state>trying</state>'))).toBe('busy');
    expect(engagementOf(dialogs(EARLY, '<state>confirmed</state>'))).toBe('busy');
  });

  it('is a call if the extension holds it, which FreeSWITCH reports as early', () => {
    const held = '<local><target><param pname="+sip.rendering" pvalue="no"/></target></local>';
    expect(engagementOf(dialogs(`${EARLY}${held}`))).toBe('busy');
  });

  it('is unknown in any other document', () => {
    expect(engagementOf('')).toBe('unknown');
    expect(engagementOf(pidf('open'))).toBe('unknown');
  });
});

it('presence combines availability and engagement', () => {
  expect(presenceOf('closed', 'busy')).toBe('busy');
  expect(presenceOf('unknown', 'ringing')).toBe('ringing');
  expect(presenceOf('open', 'idle')).toBe('available');
  expect(presenceOf('closed', 'idle')).toBe('offline');
  expect(presenceOf('unknown', 'idle')).toBe('unknown');
});
