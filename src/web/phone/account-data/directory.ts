/** An extension, as the server knows it. */
export interface DirectoryEntry {
  readonly extension: string;
  readonly name: string;
}

/** The extensions in an answer; null if it is none. */
export function directoryIn(
  data: Record<string, unknown> | null,
): readonly DirectoryEntry[] | null {
  const extensions: unknown = data?.['extensions'];
  return Array.isArray(extensions) ? extensions.filter(isEntry) : null;
}

function isEntry(value: unknown): value is DirectoryEntry {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { extension, name } = value as Record<string, unknown>;
  return typeof extension === 'string' && typeof name === 'string';
}
