/** HMAC-SHA256 (RFC 2104) of the parts as lines, in lower-case hex; the key is HA1 as text. Rejects
    on insecure pages, which have no WebCrypto. */
export async function computeProof(ha1: string, parts: readonly string[]): Promise<string> {
  const text = new TextEncoder();
  const key = await crypto.subtle.importKey(
    'raw',
    text.encode(ha1),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  const bytes = new Uint8Array(
    await crypto.subtle.sign('HMAC', key, text.encode(parts.join('\n'))),
  );
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
