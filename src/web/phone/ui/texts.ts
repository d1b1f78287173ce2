/* Sentences of the phone's views, apart from the templates so that they can be tested. */
import type { EndedCall, Line, Presence } from '../model/state';
import type { Remote } from '../model/call';
import { gradeOfMos } from '../quality/voice-quality';

const MAX_SHOWN = 20;

/** How a line stands, in few words: what concerns the person most comes first. */
export function lineText(line: Line): string {
  switch (line.state) {
    case 'dialling':
      return 'Calling…';
    case 'ringing':
      return line.direction === 'in' ? 'Incoming call' : 'Ringing…';
    case 'answering':
      return 'Connecting…';
    case 'active':
      return rescueText(line) ?? holdText(line) ?? talkText(line);
  }
}

function rescueText({ rescue }: Line): string | null {
  switch (rescue) {
    case 'none':
      return null;
    case 'reconnecting':
      return 'Reconnecting…';
    case 'recovering':
      return 'Recovering…';
  }
}

function holdText({ hold }: Line): string | null {
  switch (hold) {
    case 'no':
      return null;
    case 'holding':
      return 'Holding…';
    case 'held':
      return 'On hold';
    case 'resuming':
      return 'Resuming…';
  }
}

function talkText(line: Line): string {
  if (line.muted) {
    return 'You are muted';
  }
  return line.conference === null ? 'In call' : 'In conference';
}

export function calledName(remote: Remote): string {
  return remote.name === '' ? remote.number : remote.name;
}

/** The title of a line. */
export function lineName({ conference, remote }: Line): string {
  return conference === null ? calledName(remote) : `Conference ${conference}`;
}

/** Below the title; empty if the title says it already. */
export function lineNumber({ conference, remote }: Line): string {
  return conference !== null || remote.name === '' ? '' : remote.number;
}

export interface CallNotice {
  readonly tone: 'error' | 'warning' | 'plain';
  readonly title: string;
  readonly detail: string;
}

/** What became of the last call; null where there is nothing to say. */
export function endedCallNotice(ended: EndedCall): CallNotice | null {
  const { direction, remote, outcome, seconds } = ended;
  const who = shortened(calledName(remote));
  switch (outcome.kind) {
    case 'failed': {
      const title =
        seconds === null
          ? `Call ${direction === 'out' ? 'to' : 'from'} ${who} failed: ${outcome.cause.text}`
          : `Call with ${who} ended: ${outcome.cause.text}`;
      return { tone: 'error', title, detail: outcome.cause.remedy };
    }
    case 'gone':
      return {
        tone: 'warning',
        title: `Call with ${who} ended`,
        detail:
          'This phone was not connected. The other side hung up, or the server lost the call.',
      };
    case 'missed':
      return { tone: 'warning', title: `Missed call from ${who}`, detail: '' };
    case 'handed-over':
      return {
        tone: 'plain',
        title: `Call with ${who} handed over`,
        detail: `To ${shortened(calledName(outcome.target))}.`,
      };
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

/** Whether to offer to call again: the call was up, and nobody is known to have ended it. */
export function isToBeCalledAgain({ outcome, seconds }: EndedCall): boolean {
  return outcome.kind === 'gone' || (outcome.kind === 'failed' && seconds !== null);
}

/** The last digits sent: as many as have room. */
export function sentText(digits: string): string {
  return digits.length > MAX_SHOWN ? `…${digits.slice(-MAX_SHOWN)}` : digits;
}

/** Within a sentence a long name would push out what it is about. */
export function shortened(name: string): string {
  const characters = Array.from(name);
  return characters.length > MAX_SHOWN ? `${characters.slice(0, MAX_SHOWN).join('')}…` : name;
}

/** 75 as `01:15`, from an hour on `1:01:15`. */
export function clock(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const rest = `${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`;
}

/** Since the answer; null before it. */
export function talkTime(line: Line, now: number): string | null {
  return line.answeredAt === null
    ? null
    : clock(Math.max(0, Math.floor((now - line.answeredAt) / 1000)));
}

export type Grade = ReturnType<typeof gradeOfMos> | 'none';

/** How a call sounds at this moment; null before that is measured. While nothing arrives the
    latest figures are old. */
export function gradeNow({ quality, flows }: Line): Grade | null {
  const latest = quality.at(-1);
  if (latest === undefined) {
    return null;
  }
  return flows?.receiving === 'nothing' ? 'none' : gradeOfMos(latest.mos);
}

export const gradeWords: Readonly<Record<Grade, string>> = {
  good: 'Good',
  fair: 'Fair',
  poor: 'Poor',
  none: 'No sound',
};

export const presenceWords: Readonly<Record<Presence, string>> = {
  unknown: 'Unknown',
  offline: 'Offline',
  available: 'Available',
  ringing: 'Ringing',
  busy: 'In a call',
};

/** The dot of a presence; each has a shape of its own. */
export const presenceLooks: Readonly<Record<Presence, string>> = {
  unknown: 'state-off',
  offline: 'state-off',
  available: 'state-ok',
  ringing: 'state-busy',
  busy: 'state-fault',
};
