/* `Keep me registered on this device`: HA1 and realm, never the password, sealed with a key
   that the browser keeps and hands to no script. What that is worth: a copy of the database is
   no credential, and no script can carry the key away; one that runs in this page can still
   use it, as the phone does. */
import type { Database } from './database';

const KEY_NAME = 'credentials';

export interface Sealed {
  /** The extension's address, `1000@pbx.example.org`. */
  readonly account: string;
  readonly sealed: ArrayBuffer;
  readonly iv: Uint8Array<ArrayBuffer>;
}

export class CredentialVault {
  readonly #opening: Promise<Database | null>;

  constructor(opening: Promise<Database | null>) {
    this.#opening = opening;
  }

  /** Keeps it in the place of an older one; false if the browser does not let us.
      @param secret Anything that JSON can hold. */
  async keep(account: string, secret: object): Promise<boolean> {
    try {
      const database = await this.#opening;
      if (database === null) {
        return false;
      }
      const key = await keyOf(database);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await crypto.subtle.encrypt(
        algorithm(iv, account),
        key,
        new TextEncoder().encode(JSON.stringify(secret)),
      );
      await database.put('credentials', { account, sealed, iv });
      return true;
    } catch {
      return false;
    }
  }

  /** What was kept for an account; null if there is nothing, or nothing that can be opened. */
  async find(account: string): Promise<unknown> {
    try {
      const database = await this.#opening;
      const kept = await database?.get('credentials', account);
      const key = await database?.get('keys', KEY_NAME);
      if (kept === undefined || key === undefined) {
        return null;
      }
      const text = await crypto.subtle.decrypt(algorithm(kept.iv, account), key, kept.sealed);
      return JSON.parse(new TextDecoder().decode(text));
    } catch {
      return null;
    }
  }

  async drop(account: string): Promise<void> {
    await (await this.#opening)?.delete('credentials', account).catch(() => undefined);
  }
}

/* The account is authenticated with it: a credential cannot be passed off as another's. */
function algorithm(iv: Uint8Array<ArrayBuffer>, account: string): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(account) };
}

async function keyOf(database: Database): Promise<CryptoKey> {
  const there = await database.get('keys', KEY_NAME);
  if (there !== undefined) {
    return there;
  }
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ]);
  // Another tab may have been faster: whose key is there counts.
  const transaction = database.transaction('keys', 'readwrite');
  const first = await transaction.store.get(KEY_NAME);
  if (first === undefined) {
    await transaction.store.put(made, KEY_NAME);
  }
  await transaction.done;
  return first ?? made;
}
