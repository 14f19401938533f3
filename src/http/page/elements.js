/** How people and posts look on the page, and how the page asks its node. */
export const api = '/api/metalife/v1'

/** Makes an element: attributes, properties (`on…`), then children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.filter((child) => child !== undefined))
  return element
}

/** Asks the local API. Throws an error with the node's own sentence. */
export async function ask(path, method = 'GET', body, headers = {}) {
  const init = {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
  }
  const answer = await fetch(api + path, body ? { ...init, body: JSON.stringify(body) } : init)
  if (answer.status === 401) location.reload()
  const value = answer.status === 204 ? undefined : await answer.json()
  if (!answer.ok) throw new Error(value.error_description)
  return value
}

export function calling(person) {
  return person.name ?? person.handle.slice(0, 12)
}

export function face(person) {
  const circle = make(
    'div',
    { class: 'face', 'aria-hidden': 'true' },
    [...calling(person).replace(/^[^\p{L}\p{N}]+/u, '')][0]?.toUpperCase() ?? '?',
  )
  let hue = 0
  for (const letter of person.ref.id) hue = (hue * 31 + letter.codePointAt(0)) % 360
  circle.style.setProperty('--hue', hue)
  if (person.avatar) {
    const picture = make('img', { alt: '', onload: () => circle.replaceChildren(picture) })
    picture.src = `${api}/blobs/${encodeURIComponent(person.avatar.id)}`
  }
  return circle
}

export function when(at) {
  const minutes = Math.round((Date.now() - at) / 60_000)
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })
  if (minutes < 1) return 'now'
  if (minutes < 60) return format.format(-minutes, 'minute')
  if (minutes < 1440) return format.format(-Math.round(minutes / 60), 'hour')
  if (minutes < 10080) return format.format(-Math.round(minutes / 1440), 'day')
  return new Date(at).toLocaleDateString('en', { dateStyle: 'medium' })
}

export function textOf(post) {
  const text = make('div', { class: 'text', dir: 'auto' })
  text.innerHTML = post.html // Escaped and built by the node; the content policy lets nothing run.
  for (const { ref, type, name, description } of post.content.attachments) {
    const address = `${api}/blobs/${encodeURIComponent(ref.id)}`
    if (type?.startsWith('image/'))
      text.append(
        make('img', {
          src: address,
          alt: description ?? name ?? 'A picture without a description',
          loading: 'lazy',
        }),
      )
    else text.append(make('p', {}, make('a', { href: address }, name ?? 'File')))
  }
  if (post.content.warning === undefined) return text
  return make('details', {}, make('summary', {}, post.content.warning), text)
}
