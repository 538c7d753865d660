/// The document that an author's page begins as: our script, and what the page may do. It is no file of anybody's, so the frame
/// has an origin of its own and works with no connection; but a page finds the learner's language where a server puts it.

/**
 * Its own scripts and what is handed to it; no server at all. Forms may be sent to its own scripts only.
 */
const POLICY = "default-src data: blob: 'unsafe-inline' 'unsafe-eval'; object-src 'none'; base-uri 'none'; form-action 'none'";

/** Scripts, forms for them, downloads and the pointer; never our origin, our window's address, nor a dialog over it. */
export const SANDBOX = "allow-scripts allow-forms allow-downloads allow-pointer-lock";

/** The address of a frame that runs our script. What follows the question mark is a comment to the document. */
export function addressOfFrame(script: string, lang: string): string {
  const inline = script.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
  const html = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><script>${inline}</script><!--`;
  return `data:text/html;charset=utf-8,${encodeURIComponent(html)}?lang=${encodeURIComponent(lang)}`;
}
