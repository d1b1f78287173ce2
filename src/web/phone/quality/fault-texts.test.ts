import { expect, it } from 'vitest';
import type { Fault } from './fault-detector';
import { faultText, repairedText } from './fault-texts';

it.each<[Fault, string, RegExp]>([
  ['no-way', 'fault', /firewall.*UDP.*candidate ACL.*TURN/],
  ['way-broken', 'fault', /network has changed/],
  ['not-played', 'fault', /Allow sound/],
  ['microphone-ended', 'fault', /Connect the microphone again/],
  ['microphone-muted', 'fault', /another program mutes it/],
  ['nothing-sent', 'fault', /Choose the microphone again/],
  ['never-received', 'fault', /firewall may let nothing back/],
  ['nothing-received', 'fault', /put you on hold/],
  ['undecodable', 'fault', /codec/],
  ['microphone-silent', 'fault', /mute switch/],
  ['silence-received', 'warning', /It may be muted/],
  ['quality-falling', 'warning', /nearer to the Wi-Fi/],
])('gives for %s the likely cause and what to do', (fault, severity, remedy) => {
  const words = faultText(fault);
  expect(words.severity).toBe(severity);
  expect(words.remedy).toMatch(remedy);
  expect(words.text).not.toMatch(/\.$/);
  expect(repairedText(fault)).not.toBe('');
});
