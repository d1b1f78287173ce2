/** HMAC-SHA256 (RFC 2104) in lower-case hex, under HA1 as text, of the parts as lines. WebCrypto
    gives it on secure pages only: rejects elsewhere. */
export async function proofOf(ha1: string, parts: readonly string[]): Promise<string> {
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
