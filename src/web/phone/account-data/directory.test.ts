import { expect, it } from 'vitest';
import { parseDirectory } from './directory';

it('has names without invisible characters, and no number that looks like another one', () => {
  expect(
    parseDirectory({
      extensions: [
        { extension: '1000', name: '\u202EknaB\u202C' },
        { extension: '10\u200B01', name: 'Eve' },
        { extension: 1002, name: 'Bob' },
        { extension: '1003@branch.example', name: 'Zoë' },
      ],
    }),
  ).toEqual([
    { extension: '1000', name: 'knaB' },
    { extension: '1003@branch.example', name: 'Zoë' },
  ]);
});

it('tells what is no directory', () => {
  expect(parseDirectory(null)).toBeNull();
  expect(parseDirectory({ extensions: 'x' })).toBeNull();
});
