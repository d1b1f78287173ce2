/* Reads NOTIFYs about an extension: whether it is registered (presence, RFC 3856 and 3863) and
   whether it is in a call (dialog, RFC 4235). With FreeSWITCH both are needed to tell the states
   apart. */
import type { Presence } from '../model/state';

export type Availability = 'unknown' | 'open' | 'closed';
export type Engagement = 'unknown' | 'idle' | 'ringing' | 'busy';

/** The availability in an application/pidf+xml, by its basic status. */
export function availabilityOf(body: string): Availability {
  const basic = textsOf(parsed(body), 'basic')[0];
  return basic === 'open' || basic === 'closed' ? basic : 'unknown';
}

/** The engagement in an application/dialog-info+xml, by its busiest dialog. */
export function engagementOf(body: string): Engagement {
  const document = parsed(body);
  if (document?.documentElement.localName !== 'dialog-info') {
    return 'unknown';
  }
  const states = textsOf(document, 'state');
  if (states.includes('confirmed')) {
    return 'busy';
  }
  // FreeSWITCH reports a dialog as `early` when it rings, and when the extension holds it.
  if (states.includes('early')) {
    return isHeld(body) ? 'busy' : 'ringing';
  }
  return states.some((state) => state === 'trying' || state === 'proceeding') ? 'busy' : 'idle';
}

export function presenceOf(availability: Availability, engagement: Engagement): Presence {
  if (engagement === 'busy' || engagement === 'ringing') {
    return engagement;
  }
  switch (availability) {
    case 'open':
      return 'available';
    case 'closed':
      return 'offline';
    case 'unknown':
      return 'unknown';
  }
}

function isHeld(body: string): boolean {
  return /\+sip\.rendering"?\s+pvalue="no"|\+sip\.rendering=("?)no/i.test(body);
}

function parsed(body: string): XMLDocument | null {
  const document = new DOMParser().parseFromString(body, 'application/xml');
  return document.querySelector('parsererror') === null ? document : null;
}

function textsOf(document: XMLDocument | null, name: string): readonly string[] {
  const found = [...(document?.querySelectorAll(name) ?? [])];
  return found.map((element) => element.textContent.trim().toLowerCase());
}
