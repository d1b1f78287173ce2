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
  /** Whether the person typed the domain, as in `1000@branch.example`: it is used then whatever is
      configured. */
  readonly hasOwnDomain?: boolean;
} & ({ readonly password: string } | Digest);

/** What is stored of an account on this device, beside its address. */
export interface StoredCredential extends Digest {
  /** Missing in entries of an older version. */
  readonly hasOwnDomain?: boolean;
}

/** The credential of an account in the form in which it is stored. */
export function storedCredential(
  { hasOwnDomain = false }: Account,
  { ha1, realm }: Digest,
): StoredCredential {
  return { ha1, realm, hasOwnDomain };
}

/** The account of a stored credential; null if another domain is configured by now, and the person
    did not type this one. */
export function accountOfStored(
  address: string,
  { ha1, realm, hasOwnDomain = false }: StoredCredential,
  configured: { readonly server: string; readonly domain: string },
): Account | null {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return hasOwnDomain || domain === configured.domain
    ? {
        extension: address.slice(0, at),
        server: configured.server,
        domain,
        hasOwnDomain,
        ha1,
        realm,
      }
    : null;
}
