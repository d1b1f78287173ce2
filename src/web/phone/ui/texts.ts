/* Texts of the phone's views, apart from the templates so that they can be tested. */
import type { EndedCall, Line, Presence } from '../model/state';
import { nameInSentence } from '../account-data/remote-names';
import type { Remote } from '../model/call';
import type { Dialled } from '../model/numbers/dialled';
import { shownTones } from '../model/numbers/tones';
import { gradeOfMos } from '../quality/voice-quality';

const MAX_SHOWN = 20;

/** The state of a line in a few words, the most important first. */
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
  return remote.name || shownNumber(remote);
}

export function shownNumber({ number }: Remote): string {
  return number === '' ? 'Number withheld' : number;
}

/** What is dialled for a typed text, if that is not the text as it stands; empty otherwise. */
export function dialledText(typed: string, { target, tones }: Dialled): string {
  const sent = shownTones(tones);
  const then = sent === '' ? '' : `, then sends ${sent}`;
  return target === typed.trim() && then === '' ? '' : `Calls ${target}${then}`;
}

/** The title of a line. */
export function lineName({ conference, remote }: Line): string {
  return conference === null ? calledName(remote) : `Conference ${conference}`;
}

/** The text below the title; empty if the title contains it already. */
export function lineNumber({ conference, remote }: Line): string {
  return conference !== null || remote.name === '' ? '' : shownNumber(remote);
}

export interface CallNotice {
  readonly tone: 'error' | 'warning' | 'plain';
  readonly title: string;
  readonly detail: string;
}

/** The outcome of the ended call; null where there is nothing to report. */
export function endedCallNotice(ended: EndedCall): CallNotice | null {
  const { direction, remote, outcome, seconds } = ended;
  const who = shortened(nameInSentence(remote));
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

/** Whether to offer to call again: the call was answered, and was lost. */
export function isToBeCalledAgain({ remote, outcome, seconds }: EndedCall): boolean {
  return (
    remote.number !== '' &&
    (outcome.kind === 'gone' || (outcome.kind === 'failed' && seconds !== null))
  );
}

/** Why a typed tone was not sent. */
export function noTonesText({ hold }: Line): string {
  return hold === 'no' ? 'No tones yet: no sound' : 'No tones while on hold';
}

/** The last digits sent: as many as have room. */
export function sentText(digits: string): string {
  return digits.length > MAX_SHOWN ? `…${digits.slice(-MAX_SHOWN)}` : digits;
}

/** In a sentence a long name would push the rest out of sight. */
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

/** Seconds since the answer; null before it. */
export function talkTime(line: Line, now: number): string | null {
  return line.answeredAt === null
    ? null
    : clock(Math.max(0, Math.floor((now - line.answeredAt) / 1000)));
}

export type Grade = ReturnType<typeof gradeOfMos> | 'none';

/** The current quality of a call; null before it is measured. While no packets arrive the latest
    figures are outdated. */
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

/** The dot of a presence; each presence has a shape of its own. */
export const presenceLooks: Readonly<Record<Presence, string>> = {
  unknown: 'state-off',
  offline: 'state-off',
  available: 'state-ok',
  ringing: 'state-busy',
  busy: 'state-fault',
};
