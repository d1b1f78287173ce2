/* Credentials for `Keep me registered on this device`: HA1 and realm, never the password, encrypted
   with a non-extractable key. A copy of the database is useless without the key, and a script
   cannot export the key; a script that runs in this page can still use it, as the phone does. */
import type { Database } from './database';

const KEY_NAME = 'credentials';

export interface SealedCredential {
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

  /** Stores the credential of an account; false if the browser forbids that.
      @param secret A value that JSON can represent. */
  async save(account: string, secret: object): Promise<boolean> {
    try {
      const database = await this.#opening;
      if (database === null) {
        return false;
      }
      const key = await encryptionKey(database);
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

  /** The stored credential of an account; null if there is none, or if it cannot be decrypted. */
  async load(account: string): Promise<unknown> {
    try {
      const database = await this.#opening;
      const stored = await database?.get('credentials', account);
      const key = await database?.get('keys', KEY_NAME);
      if (stored === undefined || key === undefined) {
        return null;
      }
      const text = await crypto.subtle.decrypt(algorithm(stored.iv, account), key, stored.sealed);
      return JSON.parse(new TextDecoder().decode(text));
    } catch {
      return null;
    }
  }

  async remove(account: string): Promise<void> {
    await (await this.#opening)?.delete('credentials', account).catch(() => undefined);
  }
}

/* The account is authenticated too, so that a credential is valid for its own account only. */
function algorithm(iv: Uint8Array<ArrayBuffer>, account: string): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(account) };
}

async function encryptionKey(database: Database): Promise<CryptoKey> {
  const stored = await database.get('keys', KEY_NAME);
  if (stored !== undefined) {
    return stored;
  }
  const generated = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ]);
  // Another tab may have stored a key meanwhile: the stored one is used.
  const transaction = database.transaction('keys', 'readwrite');
  const first = await transaction.store.get(KEY_NAME);
  if (first === undefined) {
    await transaction.store.put(generated, KEY_NAME);
  }
  await transaction.done;
  return first ?? generated;
}
