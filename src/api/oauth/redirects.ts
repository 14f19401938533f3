/** Where an app may have a person sent back to. */

/** The code is shown to the person, who types it into the app. */
export const outOfBand = 'urn:ietf:wg:oauth:2.0:oob'

const refused = ['javascript:', 'data:', 'vbscript:', 'file:', 'blob:', 'about:', 'view-source:']

/** An absolute address without a fragment that no browser runs as a program. */
export function isRedirect(text: string): boolean {
  if (text === outOfBand) return true
  const url = URL.parse(text)
  return url !== null && text.length <= 2000 && url.hash === '' && !refused.includes(url.protocol)
}

/** The address with more in its query. */
export function withQuery(
  address: string,
  values: Readonly<Record<string, string | undefined>>,
): string {
  const url = new URL(address)
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return url.href
}

/** How a Content-Security-Policy names where a form may lead after all redirects. */
export function formTarget(redirect: string): string {
  if (redirect === outOfBand) return ''
  const url = new URL(redirect)
  return /^https?:$/.test(url.protocol) ? url.origin : url.protocol
}
