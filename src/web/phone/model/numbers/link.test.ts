import { expect, it } from 'vitest';
import { linkedNumber } from './link';

it.each([
  ['1001', '1001'],
  [' 1001 ', '1001'],
  ['tel:1001', '1001'],
  ['tel:+1-201-555-0123', '+12015550123'],
  ['tel:+1-201-555-0123;ext=56', '+12015550123,56'],
  ['tel:+12015550123,,56#', '+12015550123,,56#'],
  ['TEL:+49%2030%20123', '+4930123'],
  ['tel:%2B49%20%280%2930%20123', '+4930123'],
  ['tel: 030 123', '030123'],
  ['tel:(030) 12 34.5', '03012345'],
  ['tel:1001;phone-context=example.org', '1001'],
  ['tel:1001?Replaces=a', '1001'],
  ['030+1234', '0301234'],
  ['+49301234', '+49301234'],
  ['tel:+49+30+1234', '+49301234'],
  ['callto:1001', '1001'],
  ['callto://alice', 'alice'],
  ['sip:1001@pbx.example.org', '1001@pbx.example.org'],
  ['sip:1001@pbx.example.org;transport=ws?Replaces=a%40b', '1001@pbx.example.org'],
  ['sip:alice:secret@pbx.example.org', 'alice@pbx.example.org'],
  ['<sip:ann@[2001:db8::1]:5070>', 'ann@[2001:db8::1]:5070'],
  ['sip:alice%40x@pbx.example.org', 'alice%40x@pbx.example.org'],
  ['sips:1001', '1001'],
  ['sip://1001', '1001'],
  ['sip:\u202e1001@x', '1001@x'],
  ['*98', '*98'],
  ['alice', 'alice'],
])('%s puts %s into the field', (link, number) => {
  expect(linkedNumber(link)).toBe(number);
});

it.each([
  '',
  'javascript:alert(1)',
  '<img src=x onerror=alert(1)>',
  '1001\r\nVia: x',
  'https://example.org',
  'sip:a b@c',
  '%',
  '1'.repeat(81),
])('%j is no number', (link) => {
  expect(linkedNumber(link)).toBe('');
});
