import { describe, expect, it } from 'vitest';
import { dialable, numberToCall } from './numbers';

it('removes the separators that people write into numbers', () => {
  expect(dialable(' +49 (30) 12-34.5/6 ')).toBe('+4930123456');
  expect(dialable('*98#')).toBe('*98#');
  expect(dialable(' echo-test ')).toBe('echo-test');
  expect(dialable('sip:a-b@example.org')).toBe('sip:a-b@example.org');
});

const numberOf = (call: string): string => numberToCall(`?call=${encodeURIComponent(call)}`);

describe('the number in a link', () => {
  it.each([
    ['1001', '1001'],
    [' 1001 ', '1001'],
    ['tel:1001', '1001'],
    ['tel:+1-201-555-0123', '+12015550123'],
    ['TEL:+49%2030%20123', '+4930123'],
    ['tel:(030) 12 34.5', '03012345'],
    ['tel:1001;ext=5;phone-context=example.org', '1001'],
    ['callto:1001', '1001'],
    ['sip:1001@pbx.example.org', '1001@pbx.example.org'],
    ['sip:1001@pbx.example.org;transport=ws?Replaces=a%40b', '1001@pbx.example.org'],
    ['sip:alice:secret@pbx.example.org', 'alice@pbx.example.org'],
    ['sips:1001', '1001'],
    ['sip://1001', '1001'],
    ['*98', '*98'],
    ['alice', 'alice'],
  ])('%s gives %s', (call, number) => {
    expect(numberOf(call)).toBe(number);
  });

  it.each([
    '',
    'javascript:alert(1)',
    '<img src=x onerror=alert(1)>',
    '1001\r\nVia: x',
    'sip:\u202e1001@x',
    'https://example.org',
    'sip:a b@c',
    '%',
    '1'.repeat(81),
  ])('%j gives no number', (call) => {
    expect(numberOf(call)).toBe('');
  });

  it('is empty without the query parameter', () => {
    expect(numberToCall('')).toBe('');
    expect(numberToCall('?other=1001')).toBe('');
  });
});
