/** The address of an extension, `1000@pbx.example.org`: what names its history, its tabs and
    its kept credential. */
export function addressOf(account: {
  readonly extension: string;
  readonly domain: string;
}): string {
  return `${account.extension}@${account.domain}`;
}
