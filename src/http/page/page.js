/** The first page: identity, peers, posts and a box to write in, over the local API and its events. */
import { api, ask, calling, face, make, textOf, when } from './elements.js'

const $ = (id) => document.getElementById(id)
const shown = new Map()
let list = 'home'
let next
let fresh = []
let replyTo
let networks = []

function say(text) {
  $('said').textContent = text
}

/** Runs a deed of a person; what goes wrong is shown, and announced by its role. */
async function attempt(deed, button) {
  if (button) button.disabled = true
  $('notice').hidden = true
  try {
    return await deed()
  } catch (error) {
    $('notice').textContent = error.message
    $('notice').hidden = false
  } finally {
    if (button) button.disabled = false
  }
}

function deeds(post) {
  const like = post.reactions.find(({ emoji }) => emoji === '❤')
  const count = post.reactions.reduce((sum, reaction) => sum + reaction.count, 0)
  const press = () =>
    attempt(() =>
      ask(`/posts/${post.id}/reactions`, 'POST', { emoji: '❤', on: !like?.mine }).then(refresh),
    )
  return make(
    'div',
    { class: 'deeds' },
    make(
      'button',
      {
        type: 'button',
        'aria-pressed': String(like?.mine ?? false),
        'aria-label': `Like, ${count}`,
        onclick: press,
      },
      `${like?.mine ? '♥' : '♡'} ${count || ''}`,
    ),
    make('button', { type: 'button', onclick: () => reply(post) }, `Reply ${post.replies || ''}`),
  )
}

function postElement(post) {
  const time = make(
    'time',
    {
      datetime: new Date(post.at).toISOString(),
      title: new Date(post.at).toLocaleString(),
      class: 'quiet',
    },
    when(post.at),
  )
  const who = make(
    'p',
    { class: 'who' },
    make('strong', { title: post.author.ref.id }, calling(post.author)),
    time,
  )
  if (post.parent) who.append(make('span', { class: 'quiet' }, 'in reply'))
  if (post.provisional)
    who.append(
      make(
        'span',
        { class: 'quiet', title: 'Its signature is not checked yet' },
        'not checked yet',
      ),
    )
  return make(
    'article',
    { class: 'card', 'aria-label': `Post by ${calling(post.author)}` },
    face(post.author),
    make('div', {}, who, textOf(post), deeds(post)),
  )
}

function empty() {
  const lines = [
    'Write your first post above: it is kept here and travels when a peer is near.',
    'Follow somebody: paste their id under “Find people”.',
    'Connect: people on your local network find you by themselves; others by an address or an invite.',
  ]
  return make(
    'div',
    { class: 'card empty' },
    make('h2', {}, list === 'home' ? 'A quiet place, for now' : 'No posts have arrived yet'),
    make('ol', {}, ...lines.map((line) => make('li', {}, line))),
  )
}

function put(post, where) {
  const element = postElement(post)
  const old = shown.get(post.id)
  if (old && old.text === JSON.stringify(post)) return
  if (old) old.element.replaceWith(element)
  else $('timeline')[where](element)
  shown.set(post.id, { element, text: JSON.stringify(post) })
}

async function open(which) {
  list = which
  for (const id of ['home', 'all']) $(id).setAttribute('aria-pressed', String(id === which))
  $('timeline').setAttribute('aria-busy', 'true')
  const page = await ask(`/timelines/${which}?limit=30`)
  shown.clear()
  fresh = []
  $('fresh').hidden = true
  $('timeline').replaceChildren(...(page.items.length > 0 ? [] : [empty()]))
  for (const post of page.items) put(post, 'append')
  showNext(page)
  $('timeline').setAttribute('aria-busy', 'false')
}

function showNext(page) {
  next = page.next
  $('older').hidden = next === undefined
}

/** Looks at the newest page again: what is shown changes in place, what is new waits behind a button. */
async function refresh() {
  const { items } = await ask(`/timelines/${list}?limit=30`)
  for (const post of items) if (shown.has(post.id)) put(post, 'append')
  fresh = items.filter((post) => !shown.has(post.id))
  if (shown.size === 0 && fresh.length > 0) return showFresh()
  const many = fresh.length === 1 ? '1 new post' : `${fresh.length} new posts`
  if ($('fresh').textContent !== many && fresh.length > 0) say(many)
  $('fresh').textContent = many
  $('fresh').hidden = fresh.length === 0
}

function showFresh() {
  if (shown.size === 0) $('timeline').replaceChildren()
  for (const post of fresh.toReversed()) put(post, 'prepend')
  fresh = []
  $('fresh').hidden = true
}

function reply(post) {
  replyTo = post?.id
  $('replying').hidden = !post
  $('compose-label').textContent = post ? 'Write a reply' : 'Write a post'
  if (post)
    $('replying').firstElementChild.textContent =
      `To ${calling(post.author)}: “${post.content.text.body.slice(0, 60)}”`
  $('text').focus()
}

async function publish() {
  const body = { text: $('text').value, ...(replyTo && { replyTo }) }
  const { deliveries } = await ask('/posts', 'POST', body, {
    'idempotency-key': crypto.randomUUID(),
  })
  const stuck = deliveries.find(({ state }) => state !== 'sent' && state !== 'waiting')
  $('text').value = ''
  reply()
  say('Published')
  await refresh()
  showFresh()
  if (stuck)
    throw new Error(
      `It is kept here, but ${stuck.network} did not take it: ${stuck.why ?? stuck.state}.`,
    )
}

/** What a pasted text asks for, by what the networks recognise in it. */
async function find() {
  const pasted = $('pasted').value.trim()
  const [found] = (await ask(`/recognise?text=${encodeURIComponent(pasted)}`)).items
  if (!found)
    throw new Error('That is no id, address or invite of a network that this node speaks.')
  if (found.what === 'person')
    await ask(`/people/${encodeURIComponent(pasted)}/follow`, 'PUT', { on: true })
  else if (found.what === 'address' || found.what === 'invite')
    await ask('/join', 'POST', { text: pasted })
  else throw new Error('That names neither a person nor a way to meet one.')
  say(
    { person: 'You follow them now', address: 'Connected', invite: 'The invite is accepted' }[
      found.what
    ],
  )
  $('pasted').value = ''
  await Promise.all([refresh(), showStatus()])
}

function copy(text, what) {
  return make(
    'button',
    {
      type: 'button',
      class: 'link',
      onclick: () => navigator.clipboard.writeText(text).then(() => say('Copied')),
    },
    `Copy ${what}`,
  )
}

async function showStatus() {
  const status = await ask('/status')
  networks = status.networks
  const { me } = status
  const peers = networks.flatMap((network) => network.status.peers)
  const connected = peers.filter(({ state }) => state === 'connected').length
  $('state').firstElementChild.className = connected ? 'dot connected' : 'dot'
  $('state').lastElementChild.textContent = connected ? `${connected} connected` : 'No peers yet'
  $('me').replaceChildren(
    make(
      'div',
      { class: 'row' },
      make(
        'div',
        {},
        make('strong', {}, me.name ?? 'No name yet'),
        make('code', { class: 'id' }, me.ref.id),
        copy(me.ref.id, 'my id'),
      ),
      face(me),
    ),
  )
  $('naming').hidden = me.name !== undefined
  const forever = networks.filter(({ abilities }) => !abilities.canForget).map(({ title }) => title)
  $('audience').textContent =
    forever.length > 0
      ? `Everyone on ${forever.join(' and ')} can read this, and it cannot be taken back.`
      : 'Everyone can read this. You can delete it later.'
  $('peers').replaceChildren(...networks.flatMap(peersOf))
}

function peersOf({ title, status }) {
  const lines = status.peers.map(({ id, address, state, via, error }) =>
    make(
      'li',
      { class: 'quiet' },
      make('span', { class: `dot ${state}` }),
      `${state}, ${via}`,
      make('code', { class: 'id', title: address }, id),
      error,
    ),
  )
  return [
    status.peers.length > 0
      ? make('ul', {}, ...lines)
      : make('p', { class: 'quiet' }, `Nobody on ${title} is connected.`),
    ...status.progress.map(({ what, done, total }) =>
      make('p', { class: 'quiet' }, `${what}: ${done}${total ? ` of ${total}` : ''}`),
    ),
    ...(status.readOnly ? [make('p', { class: 'quiet' }, status.readOnly)] : []),
    ...status.addresses.slice(0, 1).map((address) => make('p', {}, copy(address, 'my address'))),
  ]
}

/** Calls `work` at most once in `ms`, and once more for what came meanwhile. */
function calm(work, ms) {
  let timer
  return () =>
    (timer ??= setTimeout(() => ((timer = undefined), work().catch(() => undefined)), ms))
}

function onSubmit(id, deed) {
  $(id).addEventListener('submit', (event) => {
    event.preventDefault()
    void attempt(deed, event.submitter)
  })
}

function live() {
  const events = new EventSource(`${api}/events`)
  const later = { post: calm(refresh, 150), status: calm(showStatus, 300) }
  events.addEventListener('open', () => (later.post(), later.status()))
  events.addEventListener('change', ({ data }) =>
    JSON.parse(data).kind === 'network' ? later.status() : later.post(),
  )
  events.addEventListener('error', () => {
    $('state').firstElementChild.className = 'dot lost'
    $('state').lastElementChild.textContent = 'The node is not answering'
  })
}

onSubmit('compose', publish)
onSubmit('find', find)
onSubmit('naming', () => ask('/me', 'PUT', { name: $('name').value }).then(showStatus))
$('text').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) $('compose').requestSubmit()
})
$('replying').lastElementChild.addEventListener('click', () => reply())
$('fresh').addEventListener(
  'click',
  () => (showFresh(), $('timeline').focus({ preventScroll: true }), scrollTo({ top: 0 })),
)
$('older').addEventListener('click', (event) =>
  attempt(async () => {
    const page = await ask(`/timelines/${list}?limit=30&after=${encodeURIComponent(next)}`)
    for (const post of page.items) put(post, 'append')
    showNext(page)
  }, event.target),
)
for (const id of ['home', 'all']) $(id).addEventListener('click', () => attempt(() => open(id)))
await attempt(() => Promise.all([open('home'), showStatus()]))
live()
