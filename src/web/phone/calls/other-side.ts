/* The other side of a line after the switch has reported it anew. */
import type { Remote } from '../model/call';
import type { Line } from '../model/state';

/** So many equal digits at the end make two notations of one number. That is less than two contacts
    need (`isSame` of the number index): switches report a number of the same call with or without the
    prefix of an outside line and the area code. */
const MIN_DIGITS = 6;

type Parties = Pick<Line, 'remote' | 'original'>;

/** The parties of a line after a report. A number of which only the notation is another one stays
    as it is, so that it can be called again; its name too if the report has none. */
export function reportedParties({ remote, original = remote }: Parties, now: Remote): Parties {
  if (isSameNumber(remote.number, now.number)) {
    const name = now.name === '' ? remote.name : now.name;
    return { remote: { name, number: remote.number } };
  }
  return { remote: now, original };
}

function isSameNumber(one: string, other: string): boolean {
  const [short = '', long = ''] = [one, other]
    .map((number) => /^\+?0*(\d+)$/.exec(number)?.[1] ?? '')
    .sort((first, second) => first.length - second.length);
  return one === other || (short.length >= MIN_DIGITS && long.endsWith(short));
}
