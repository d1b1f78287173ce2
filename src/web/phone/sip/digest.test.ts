import { expect, it } from 'vitest';
import { digestOf } from './digest';

it('is HA1 of RFC 2617, of UTF-8 and in lower-case hex', () => {
  // The example of RFC 2617, section 3.5.
  expect(digestOf('Mufasa', 'testrealm@host.com', 'Circle Of Life')).toEqual({
    ha1: '939e7578ed9e3c518a452acee763bce9',
    realm: 'testrealm@host.com',
  });
  expect(digestOf('1000', 'pbx.test', 'grün€').ha1).toBe('064b478d17ebf9bbc59c3878a8d99bf4');
});
