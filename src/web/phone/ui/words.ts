/* Sentences of the phone's views, apart from the templates so that they can be tested. */
import type { EndedCall, Line, Registration } from '../calls';
import type { Remote } from '../sip/edge';

const LONGEST = 20;

/** Exactly what the element of role status says. */
export function registrationText(registration: Registration): string {
  switch (registration.state) {
    case 'none':
      return 'Not registered';
    case 'registering':
      return 'Registering';
    case 'registered':
      return `Registered as ${registration.extension}`;
    case 'failed':
      return `Registration failed: ${registration.cause.text}`;
  }
}

export function lineText(line: Line): string {
  switch (line.state) {
    case 'dialling':
      return 'Calling…';
    case 'ringing':
      return line.direction === 'in' ? 'Incoming call' : 'Ringing…';
    case 'answering':
      return 'Connecting…';
    case 'active':
      return line.muted ? 'You are muted' : 'In call';
  }
}

export function calledName(remote: Remote): string {
  return remote.name === '' ? remote.number : remote.name;
}

export interface Report {
  readonly tone: 'error' | 'warning' | 'plain';
  readonly title: string;
  readonly detail: string;
}

/** What became of the last call; null where there is nothing to say. */
export function reportOf({ direction, remote, outcome, seconds }: EndedCall): Report | null {
  const who = shortened(calledName(remote));
  switch (outcome.kind) {
    case 'failed': {
      const title =
        seconds === null
          ? `Call ${direction === 'out' ? 'to' : 'from'} ${who} failed: ${outcome.cause.text}`
          : `Call with ${who} ended: ${outcome.cause.text}`;
      return { tone: 'error', title, detail: outcome.cause.remedy };
    }
    case 'missed':
      return { tone: 'warning', title: `Missed call from ${who}`, detail: '' };
    case 'elsewhere':
      return { tone: 'plain', title: `Call from ${who} was answered elsewhere`, detail: '' };
    case 'normal':
      return seconds === null
        ? null
        : {
            tone: 'plain',
            title: `Call with ${who} ended`,
            detail: `It lasted ${clock(seconds)}.`,
          };
  }
}

/** The last digits sent: as many as have room. */
export function sentText(digits: string): string {
  return digits.length > LONGEST ? `…${digits.slice(-LONGEST)}` : digits;
}

/** Within a sentence a long name would push out what it is about. */
function shortened(name: string): string {
  const characters = Array.from(name);
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST).join('')}…` : name;
}

/** 75 as `01:15`, from an hour on `1:01:15`. */
export function clock(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const rest = `${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`;
}
