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

/** Whether an answer has all extensions; one of a server that does not say so has. */
export function isCompleteIn(data: Record<string, unknown> | null): boolean {
  return data?.['complete'] !== false;
}

function isEntry(value: unknown): value is DirectoryEntry {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { extension, name } = value as Record<string, unknown>;
  return typeof extension === 'string' && typeof name === 'string';
}
