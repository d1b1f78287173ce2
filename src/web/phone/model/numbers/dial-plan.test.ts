import { describe, expect, it } from 'vitest';
import type { Numbering } from '../config';
import { DialPlan } from './dial-plan';

const plain = new DialPlan(null);
const germany: Numbering = {
  code: '49',
  trunk: '0',
  international: '00',
  shortest: 5,
  longest: 13,
  outside: '',
};
const america: Numbering = {
  code: '1',
  trunk: '1',
  international: '011',
  shortest: 10,
  longest: 10,
  outside: '',
};
const italy: Numbering = { ...germany, code: '39', trunk: '', shortest: 6, longest: 11 };
const spain: Numbering = { ...germany, code: '34', trunk: '', shortest: 9, longest: 9 };
const target = (typed: string, plan = plain): string => {
  const { target: number, problem } = plan.dialled(typed);
  return problem === '' ? number : problem;
};
const withTones = (typed: string): string => {
  const { target: number, tones, problem } = plain.dialled(typed);
  return problem === '' ? `${number} ${tones}` : problem;
};

describe('a pasted number (N1, N2)', () => {
  it.each([
    [' +49 (30) 12-34.5/6 ', '+4930123456'],
    // Marks that are not seen: direction, byte order, joiners, soft hyphen, variation selector.
    ['\u202A+49 30 1234567\u202C', '+49301234567'],
    ['\u2066030\u00AD12\u200B34\u2069\uFEFF', '0301234'],
    ['\u200E\u200F\u200D1\u2060001\u061C', '1001'],
    ['1\uFE0F\u20E30\uFE0F\u20E32\uFE0F\u20E3', '102'],
    ['\uE000 030 1234', '0301234'],
    // Spaces and dashes.
    ['+49\u00A030\u2009123\u202F45\u300067\t8', '+493012345678'],
    ['030\u20101\u20112\u20123\u20134\u20145\u20156\u22127\uFF0D8\uFE639', '030123456789'],
    ['03\u30FC1234\u30FC5678', '0312345678'],
    ['030·12•34․5', '03012345'],
    ['［030］／1234', '0301234'],
    // Digits of other scripts.
    ['٠٣٠١٢٣٤٥٦٧٨٩', '030123456789'],
    ['۰۳۰۱۲۳۴۵۶۷۸۹', '030123456789'],
    ['०३०१२३४५६७८९', '030123456789'],
    ['＋４９　３０　１２３', '+4930123'],
    ['𝟎𝟏𝟐𝟗𝟘𝟡𝟢𝟫𝟬𝟵𝟶𝟿', '012909090909'],
    ['០៩᠐᠙᱐᱙꘠꘩𑁦𑁯', '0909090909'],
    ['＊９８＃', '*98#'],
    ['①⓪⓪①', '1001'],
    // The mark of a footnote is no digit.
    ['030 1234567²', '0301234567'],
    // Around it.
    ['"030 1234567"', '0301234567'],
    ['„030 1234567“.', '0301234567'],
    ['☎ 030 1234567', '0301234567'],
    ['Tel.: +49 30 1234567', '+49301234567'],
    ['Tel. 030/1234567', '0301234567'],
    ['Phone 030 1234567', '0301234567'],
    ['Büro Berlin: (030) 1234567', '0301234567'],
    ['M +49 171 1234567', '+491711234567'],
    ['Ann Example <+49 30 1234567>', '+49301234567'],
    ['tel: 030 1234567', '0301234567'],
    ['TEL:+49 30 1234567', '+49301234567'],
    ['callto://+4930123', '+4930123'],
  ])('%j is dialled as %s', (typed, number) => {
    expect(target(typed)).toBe(number);
  });

  it.each([
    ['+49 (0)30 1234567', '+49301234567'],
    ['+49 (0) 30 1234567', '+49301234567'],
    ['+49 [0] 30 1234567', '+49301234567'],
    ['(+49) (0)30 1234567', '+49301234567'],
    ['+49 / (0)30 / 1234567', '+49301234567'],
    ['+49 (030) 1234567', '+49301234567'],
    ['+49 030 1234567', '+49301234567'],
    ['0049 (0)30 1234567', '0049301234567'],
    ['+44(0)20 7946 0000', '+442079460000'],
    ['+358 (0)9 1234567', '+35891234567'],
    ['+39 (0)6 1234567', '+39061234567'],
    ['+39 06 1234567', '+39061234567'],
    ['+225 07 12 34 56 78', '+2250712345678'],
    ['+36 (06) 1 234 5678', '+3612345678'],
    ['+7 (8) 495 123-45-67', '+74951234567'],
    ['+993 (8) 12 123456', '+99312123456'],
    ['+61 (8) 9123 4567', '+61891234567'],
    ['(0)30 1234567', '0301234567'],
    ['++49 30 1234567', '+49301234567'],
    ['00+49 30 1234567', '+49301234567'],
  ])('%s has its trunk prefix only where it is dialled: %s', (typed, number) => {
    expect(target(typed)).toBe(number);
  });

  it.each([
    ['1-800-FLOWERS', '18003569377'],
    ['1-800-Go-FedEx', '18004633339'],
    ['0800 reisen', '0800734736'],
    ['+1 800 FLOWERS', '+18003569377'],
    ['1-800-4MYHOME', '18004694663'],
    // Names.
    ['sales-desk', 'sales-desk'],
    ['echo-test', 'echo-test'],
    ['sales.100', 'sales.100'],
    ['alice+100', 'alice+100'],
    ['3cx-desk', '3cx-desk'],
    ['24h', '24h'],
    ['101b', '101b'],
    ['room-12ab34cd', 'room-12ab34cd'],
    ['j.smith_2', 'j.smith_2'],
    ['\u200Bsales\u2011desk', 'sales-desk'],
    ['callto:alice', 'alice'],
  ])('%s: letters are keys of the pad in a number, and a name otherwise: %s', (typed, number) => {
    expect(target(typed)).toBe(number);
  });

  it.each(['*98', '#1', '**7', '**1001', '*98*1001#', '*#06#', '**21*1002#', '0', '112', '911'])(
    'the feature code %s stays as it is',
    (code) => {
      expect(withTones(code)).toBe(`${code} `);
    },
  );

  it('is dialled as it stands where it is an extension', () => {
    const plan = new DialPlan(null, (name) => name === '1001-sales');
    expect(target('1001-sales', plan)).toBe('1001-sales');
    expect(target('1001-sales')).toBe('100172537');
  });

  it.each([
    '+49 30 1234567 +49 30 7654321',
    '030 1234567\n030 7654321',
    '030 1234567 / 030 7654321',
    '030 1234567 or 030 7654321',
    'Tel. 030 1234567 Fax 030 7654321',
    '030 1234567; 030 7654321',
  ])('%j is several numbers, and not dialled', (typed) => {
    expect(target(typed)).toMatch(/^Several numbers/);
  });

  it('is not dialled if it is too long', () => {
    expect(target('1'.repeat(81))).toMatch(/^Use at most/);
    expect(target(`1${' '.repeat(100_000)}x`)).toMatch(/^Use at most/);
  });
});

describe('an extension or a pause is sent as tones after the answer (N1)', () => {
  it.each([
    ['+49 30 1234567 ext. 56', '+49301234567 ,56'],
    ['030 1234567 Ext 56', '0301234567 ,56'],
    ['(030) 1234567, extension 56', '0301234567 ,56'],
    ['(030) 1234567 (ext. 56)', '0301234567 ,56'],
    ['030 1234567x56', '0301234567 ,56'],
    ['030 1234567 x 56', '0301234567 ,56'],
    ['030 1234567 Durchwahl: 56', '0301234567 ,56'],
    ['01 23 45 67 89 poste 56', '0123456789 ,56'],
    ['8 (495) 123-45-67 доб. 56', '84951234567 ,56'],
    ['(555) 123-4567 #56', '5551234567 ,56'],
    ['+1 555 123-4567#56', '+15551234567 ,56'],
    ['tel:%2B49%2030%201234567;ext=56', '+49301234567 ,56'],
    ['1-800-FLOWERS ext. 5', '18003569377 ,5'],
    ['tel:+1-201-555-0123;ext=56', '+12015550123 ,56'],
    ['tel:1001;phone-context=example.org', '1001 '],
    ['030 1234567,,56#', '0301234567 ,,56#'],
    ['030 1234567 , , 56 #', '0301234567 ,,56#'],
    ['0301234567p56', '0301234567 ,56'],
    ['0301234567W56', '0301234567 w56'],
    ['0301234567;56', '0301234567 w56'],
    ['0301234567,,1234#,5678#', '0301234567 ,,1234#,5678#'],
    ['٠٣٠١٢٣٤٥٦٧، ٥٦', '0301234567 ,56'],
    ['０３０１２３４５６７，，５６＃', '0301234567 ,,56#'],
    ['*98,1001#', '*98 ,1001#'],
    ['1001,', '1001 '],
  ])('%s', (typed, expected) => {
    expect(withTones(typed)).toBe(expected);
  });
});

describe('a SIP address (N7)', () => {
  it.each([
    ['sip:1001@pbx.example.org', '1001@pbx.example.org'],
    ['<sip:1001@pbx.example.org>', '1001@pbx.example.org'],
    ['"Ann, Example" <sip:ann@pbx.example.org:5070;transport=tcp>', 'ann@pbx.example.org:5070'],
    ['Ann <ann@10.0.0.1:5060>', 'ann@10.0.0.1:5060'],
    ['sips:ann@pbx.example.org', 'ann@pbx.example.org'],
    ['SIP://ann@PBX.example.org', 'ann@pbx.example.org'],
    ['sip:ann@[2001:DB8::1]', 'ann@[2001:db8::1]'],
    ['<sip:ann@[2001:db8::1]:5070;lr?Subject=a%40b>', 'ann@[2001:db8::1]:5070'],
    ['ann@2001:db8::1', 'ann@[2001:db8::1]'],
    ['sip:1001@x;user=phone?Replaces=a%40b', '1001@x'],
    ['sip:alice:secret@pbx.example.org', 'alice@pbx.example.org'],
    ['sip:alice%40x@pbx.example.org', 'alice%40x@pbx.example.org'],
    ['sip:%61lice@pbx.example.org', 'alice@pbx.example.org'],
    ['sip:100%25@x', '100%25@x'],
    ['sip:+49%2030%201234567@x;user=phone', '+49301234567@x'],
    ['sip:+49-30-1234567;phone-context=y@x', '+49301234567@x'],
    ['sip:alice;day=1@x', 'alice@x'],
    ['sip:ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['sip:1001-sales@x', '1001-sales@x'],
    ['sip:1-800-FLOWERS@x', '1-800-FLOWERS@x'],
    ['sip:1001', '1001'],
    ['sip:sales-desk', 'sales-desk'],
    ['sip:+49 30 1234567', '+49301234567'],
    ['\u202Asip:1001@x\u202C', '1001@x'],
  ])('%s is dialled as %s', (typed, number) => {
    expect(target(typed)).toBe(number);
  });

  it('may name an extension, which is sent as tones', () => {
    expect(withTones('sip:+49301234567;ext=56@x')).toBe('+49301234567@x ,56');
  });

  it.each([
    'sip:',
    '@x',
    'ann@',
    'ann@x:0',
    'ann@x:70000',
    'sip:[2001:db8::1]',
    'ann@a b',
    'a@b@c',
  ])('%s is none, and says so', (typed) => {
    expect(target(typed)).toMatch(/^No SIP address/);
  });
});

describe('with the country', () => {
  const at = (numbering: Numbering, outside = ''): DialPlan =>
    new DialPlan({ ...numbering, outside });

  it.each([
    [germany, '', '+49 30 1234567', '0301234567'],
    [germany, '', '+49 (0)30 1234567', '0301234567'],
    [germany, '', '0049 030 1234567', '0301234567'],
    [germany, '', '030 1234567', '0301234567'],
    [germany, '', '+33 1 23 45 67 89', '0033123456789'],
    [germany, '0', '+49 30 1234567', '00301234567'],
    [germany, '0', '030 1234567', '00301234567'],
    [germany, '0', '0033 123456789', '00033123456789'],
    [germany, '0', '00033123456789', '00033123456789'],
    [germany, '9', '9 030 1234567', '90301234567'],
    [germany, '9', '9 0033 123456789', '90033123456789'],
    [germany, '+', '030 1234567', '+49301234567'],
    [germany, '+', '0033123456789', '+33123456789'],
    // Within the switch, emergencies, codes, names and addresses.
    [germany, '0', '1001', '1001'],
    [germany, '0', '112', '112'],
    [germany, '0', '*98', '*98'],
    [germany, '0', 'sales-desk', 'sales-desk'],
    [germany, '0', '030@x', '030@x'],
    [germany, '0', '0', '0'],
    [america, '9', '(201) 555-0123', '912015550123'],
    [america, '9', '1-201-555-0123', '912015550123'],
    [america, '9', '912015550123', '912015550123'],
    [america, '9', '+1 201 555 0123', '912015550123'],
    [america, '9', '1-800-FLOWERS', '918003569377'],
    [america, '9', '+49 30 1234567', '901149301234567'],
    [america, '9', '011 49 30 1234567', '901149301234567'],
    [america, '9', '0049 30 1234567', '901149301234567'],
    [america, '9', '1001', '1001'],
    [america, '9', '911', '911'],
    [italy, '0', '06 1234567', '0061234567'],
    [italy, '0', '+39 (0)6 1234567', '0061234567'],
    [italy, '0', '1001', '1001'],
    [spain, '0', '912 345 678', '0912345678'],
    [spain, '0', '0912345678', '0912345678'],
    [spain, '0', '+34 912 345 678', '0912345678'],
  ])('%j and the outside prefix “%s”: %s is dialled as %s', (numbering, outside, typed, number) => {
    expect(target(typed, at(numbering, outside))).toBe(number);
  });

  it.each([
    ['+49 30 1234567', '+49301234567'],
    ['0301234567', '+49301234567'],
    ['0049301234567', '+49301234567'],
    ['00049301234567', '+49301234567'],
    ['1001', '1001'],
    ['Sales-Desk', 'sales-desk'],
    ['Ann@X', 'ann@x'],
  ])('%s is compared as %s', (number, key) => {
    expect(at(germany, '0').key(number)).toBe(key);
  });
});

/** Small generator of random numbers, the same in every run. */
function randomizer(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const SEED = 1;
const TURNS = 2_000;
const LONG = { timeout: 120_000 };

const SNIPPETS = [
  ...Array.from('0123456789*#+-./()[] ,;@:<>"xpwABCz'),
  ...[
    '\u200E',
    '\u202A',
    '\u00A0',
    '\u2011',
    '\u2212',
    '\u00AD',
    '\uFEFF',
    '٣',
    '４',
    '²',
    '%40',
    'ü',
  ],
  ...[
    'sip:',
    'tel:',
    'ext. ',
    ';ext=',
    '(0)',
    '+49',
    '00',
    '030',
    '1001',
    'Tel. ',
    'pbx.test',
    '\n',
  ],
];

describe('whatever is typed', () => {
  const plans = [null, germany, { ...germany, outside: '0' }, { ...america, outside: '9' }].map(
    (numbering) => new DialPlan(numbering),
  );

  it('is dialled in the same way from the history, and from the last number', LONG, () => {
    const random = randomizer(SEED);
    for (let turn = 0; turn < TURNS; turn += 1) {
      const typed = Array.from({ length: 1 + random(12) }, () => SNIPPETS[random(SNIPPETS.length)]);
      for (const plan of plans) {
        const first = plan.dialled(typed.join(''));
        if (first.problem === '') {
          const again = plan.dialled(first.number);
          expect([typed.join(''), again]).toEqual([typed.join(''), { ...first, tones: '' }]);
          expect(plan.dialled(first.number + first.tones)).toEqual(first);
          expect(plan.key(first.number)).toBe(plan.key(typed.join('')));
        }
      }
    }
  });

  it('is dialled as the number between which marks, spaces and hyphens were put', LONG, () => {
    const random = randomizer(2);
    const marks = ['\u200B', '\u202D', '\u2068', '\u00AD', ' ', '\u00A0', '\u2009', '-', '\u2013'];
    const digits = ['0123456789', '٠١٢٣٤٥٦٧٨٩', '০১২৩৪৫৬৭৮৯', '０１２３４５６７８９', '๐๑๒๓๔๕๖๗๘๙'];
    for (let turn = 0; turn < TURNS; turn += 1) {
      const number = Array.from({ length: 3 + random(9) }, () => random(10));
      const script = digits[random(digits.length)] ?? '';
      const typed = number.map(
        (digit) => `${script.charAt(digit)}${marks[random(marks.length)] ?? ''}`,
      );
      expect(target(typed.join(''))).toBe(number.join(''));
    }
  });
});
