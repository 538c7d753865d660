/// The code of an invitation, also out of its whole link. Pure.

export function codeOf(text: string): string {
  const plain = text.trim();
  const inLink = /\/invitations\/([^/?#\s]+)/.exec(plain)?.[1];
  try {
    return inLink === undefined ? plain : decodeURIComponent(inLink);
  } catch {
    return plain;
  }
}
