import { shownText } from '../model/text';

/** An extension in the directory of the server. */
export interface DirectoryEntry {
  readonly extension: string;
  readonly name: string;
}

/** The extensions in an answer, with names as they can be shown; null if it is not a directory. */
export function parseDirectory(
  data: Record<string, unknown> | null,
): readonly DirectoryEntry[] | null {
  const extensions: unknown = data?.['extensions'];
  return Array.isArray(extensions)
    ? extensions
        .filter(isEntry)
        .map(({ extension, name }) => ({ extension, name: shownText(name) }))
    : null;
}

/** Whether an answer has all extensions, which is so without a `complete` in it. */
export function isDirectoryComplete(data: Record<string, unknown> | null): boolean {
  return data?.['complete'] !== false;
}

function isEntry(value: unknown): value is DirectoryEntry {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { extension, name } = value as Record<string, unknown>;
  // A number with something invisible in it looks like one that is another's.
  return (
    typeof extension === 'string' && typeof name === 'string' && shownText(extension) === extension
  );
}
