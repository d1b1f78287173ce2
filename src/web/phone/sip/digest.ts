import { Utils } from 'jssip';
import type { Digest } from '../model/account';

/** What stands for the password of an extension in a realm. */
export function digestOf(extension: string, realm: string, password: string): Digest {
  return { ha1: Utils.calculateMD5(`${extension}:${realm}:${password}`), realm };
}
