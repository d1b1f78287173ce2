import { expect, it } from 'vitest';
import { shownText } from './text';

it('removes what corrupts a line or is invisible', () => {
  expect(shownText(' 1001 (\u202EknaB\u202C)\u0000\r\n\u2066\u{E0041}\u3164\u00AD ')).toBe(
    '1001 (knaB)',
  );
});

it('keeps the letters of every script', () => {
  for (const name of ['Zoë', 'علی\u200Cرضا', 'क्\u200Dष', '日本', '👩\u200D🚀', "O'Hara <&>"]) {
    expect(shownText(name)).toBe(name);
  }
});
