/* localStorage and sessionStorage. A browser may forbid them or have no room: then nothing is
   found in them, and nothing is kept. */

export type StorageArea = 'localStorage' | 'sessionStorage';

export function readStored(key: string, area: StorageArea = 'localStorage'): string | null {
  try {
    return window[area].getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a text, or removes it if it is null; whether that was possible. */
export function writeStored(
  key: string,
  value: string | null,
  area: StorageArea = 'localStorage',
): boolean {
  try {
    if (value === null) {
      window[area].removeItem(key);
    } else {
      window[area].setItem(key, value);
    }
    return true;
  } catch {
    return false;
  }
}

/** Removes everything whose key begins with the prefix. */
export function removeStored(prefix: string, area: StorageArea): void {
  try {
    const storage = window[area];
    for (const key of Object.keys(storage).filter((name) => name.startsWith(prefix))) {
      storage.removeItem(key);
    }
  } catch {
    // Where storage is forbidden there is nothing in it.
  }
}
