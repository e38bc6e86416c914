/** A short digest of plain data (FNV-1a, 32 bits): tells one state of evidence from another in approvals. Not for security. */
export function digest(value: unknown): string {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify(value)) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}
