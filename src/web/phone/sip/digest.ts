import { Utils } from 'jssip';
import type { Digest } from '../model/account';

/** HA1: the digest credential that replaces the password of an extension in a realm. */
export function digestOf(extension: string, realm: string, password: string): Digest {
  return { ha1: Utils.calculateMD5(`${extension}:${realm}:${password}`), realm };
}
