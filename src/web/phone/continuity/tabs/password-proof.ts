/* Checks whether a tab that joins has the right password. The leader's registration proves its own
   password; it sends a value that only a tab with the same HA1 can calculate, and HA1 itself is
   never sent. */
import { computeProof } from '../../account-data/proof';
import { digestOf } from '../../sip/digest';
import type { Account, Digest } from '../../model/account';

export interface PasswordProof {
  readonly realm: string;
  readonly salt: string;
  readonly proof: string;
}

const PURPOSE = 'sipapp-tab-1';

export async function proofFor({ ha1, realm }: Digest): Promise<PasswordProof> {
  const salt = crypto.getRandomValues(new Uint32Array(4)).join('-');
  return { realm, salt, proof: await computeProof(ha1, [PURPOSE, realm, salt]) };
}

/** The digest credential for the account's password; null if the password differs from the
    leader's. */
export async function verifyProof(account: Account, check: PasswordProof): Promise<Digest | null> {
  const { realm, salt, proof } = check;
  const digest = digestFor(account, realm);
  const right =
    digest.realm === realm && (await computeProof(digest.ha1, [PURPOSE, realm, salt])) === proof;
  return right ? digest : null;
}

function digestFor(account: Account, realm: string): Digest {
  return 'password' in account
    ? digestOf(account.extension, realm, account.password)
    : { ha1: account.ha1, realm: account.realm };
}
