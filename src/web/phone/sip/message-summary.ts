import type { Voicemail } from '../model/state';

/** Reads the voice messages in an application/simple-message-summary (RFC 3842, section 5.2); null
    if it has none. `extension` is the extension of this phone. */
export function voicemailOf(body: string, extension: string): Voicemail | null {
  const counts = /^Voice-Message:\s*(\d{1,6})\s*\/\s*(\d{1,6})/im.exec(body);
  const waiting = /^Messages-Waiting:\s*(yes|no)\b/im.exec(body)?.[1]?.toLowerCase();
  if (counts === null && waiting === undefined) {
    return null;
  }
  const account = /^Message-Account:\s*<?sips?:([^@>;\s]{1,64})@/im.exec(body)?.[1] ?? '';
  return {
    fresh: counts === null ? Number(waiting === 'yes') : Number(counts[1]),
    old: Number(counts?.[2] ?? 0),
    // FreeSWITCH names the mailbox, which is the extension itself and no number to call.
    account: account === extension ? '' : account,
  };
}
