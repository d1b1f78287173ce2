import { describe, expect, it } from 'vitest';
import { asksForAnswer } from './intercom';

function asks(headers: Record<string, string>): boolean {
  return asksForAnswer({ getHeader: (name) => headers[name] });
}

describe('an intercom call', () => {
  it.each([
    { 'Call-Info': '<sip:127.0.0.1>;answer-after=0' },
    { 'Call-Info': '<sip:a>; Answer-After = "0"; purpose=x' },
    { 'Alert-Info': '<http://x>;info=alert-autoanswer;delay=0' },
    { 'Alert-Info': '<http://x>;answer-after=0' },
  ])('is recognised by %o', (headers) => {
    expect(asks(headers as Record<string, string>)).toBe(true);
  });

  it.each([
    {},
    { 'Call-Info': '<sip:a>;answer-after=5' },
    { 'Call-Info': '<sip:a>;answer-after=05' },
    { 'Call-Info': '<sip:a>;info=alert-autoanswer' },
    { 'Alert-Info': '<http://x>;info=ring2' },
  ])('is not recognised by %o', (headers) => {
    expect(asks(headers as Record<string, string>)).toBe(false);
  });
});
