/* localStorage and sessionStorage. A browser may forbid them or have no room: then reading finds
   nothing, and writing stores nothing. */

export type StorageArea = 'localStorage' | 'sessionStorage';

export function readStored(key: string, area: StorageArea = 'localStorage'): string | null {
  try {
    return window[area].getItem(key);
  } catch {
    return null;
  }
}

/** Stores a text, or removes it if it is null; returns whether that was possible. */
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

/** Removes all keys with the prefix. */
export function removeStored(prefix: string, area: StorageArea): void {
  try {
    const storage = window[area];
    for (const key of Object.keys(storage).filter((name) => name.startsWith(prefix))) {
      storage.removeItem(key);
    }
  } catch {
    // Where storage is forbidden there are no keys.
  }
}
