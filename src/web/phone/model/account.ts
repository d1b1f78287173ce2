/** The address of an extension, `1000@pbx.example.org`: the key of its history, its tabs and its
    kept credential. */
export function addressOf(account: {
  readonly extension: string;
  readonly domain: string;
}): string {
  return `${account.extension}@${account.domain}`;
}

/** Digest credential that replaces a password in one realm: HA1 of RFC 2617, section 3.2.2.2, in
    lower-case hex. */
export interface Digest {
  readonly ha1: string;
  readonly realm: string;
}

/** A password stays in memory for as long as the agent lives, and is never stored. */
export type Account = {
  readonly extension: string;
  readonly server: string;
  readonly domain: string;
} & ({ readonly password: string } | Digest);
