/** The address of an extension, `1000@pbx.example.org`: what names its history, its tabs and
    its kept credential. */
export function addressOf(account: {
  readonly extension: string;
  readonly domain: string;
}): string {
  return `${account.extension}@${account.domain}`;
}

/** What stands for a password in one realm: HA1 of RFC 2617, section 3.2.2.2, in lower-case hex. */
export interface Digest {
  readonly ha1: string;
  readonly realm: string;
}

/** A password is held in memory for as long as the agent lives, and written nowhere. */
export type Account = {
  readonly extension: string;
  readonly server: string;
  readonly domain: string;
} & ({ readonly password: string } | Digest);
