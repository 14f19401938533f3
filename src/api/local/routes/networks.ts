import type { LocalContext } from '#api/local/context.ts'
import { networkAnswer } from '#api/local/answers.ts'
import { joiningOf } from '#api/local/joining.ts'
import { networkShape, refShape, statusShape } from '#api/local/shapes.ts'
import { badRequest, HttpError, notFound } from '#http/http-error.ts'
import { route } from '#http/route.ts'
import { anything, list, map, object, oneOf, text } from '#http/shape.ts'
import type { LocalNetwork } from '#api/local/ports.ts'

const to = route<LocalContext>()

/** The node, its networks, and what can be asked of one network only. */
export const networkRoutes = [
  to({
    method: 'get',
    path: '/status',
    summary: 'The node, its identity and its networks',
    answer: statusShape,
    run: async ({ version, social, networks, jobs }) => ({
      version,
      me: await social.me(),
      networks: networks.map(networkAnswer),
      jobs: jobs.list(),
    }),
  }),
  to({
    method: 'get',
    path: '/networks',
    summary: 'The networks: abilities, state, actions',
    answer: object({ items: list(networkShape) }),
    run: async ({ networks }) => ({ items: networks.map(networkAnswer) }),
  }),
  to({
    method: 'post',
    path: '/networks/{network}/actions/{action}',
    summary: 'Ask a network for one of its actions',
    params: { network: text({ max: 100 }), action: text({ max: 100 }) },
    body: map(text({ max: 10_000 }), { max: 50 }),
    answer: anything('What the action answers'),
    async run({ networks, signal }, { params, body, request }) {
      const network = networks.find(({ name }) => name === params.network)
      if (!network) throw notFound(`There is no network “${params.network}”.`)
      return await runAction(
        network,
        params.action,
        body,
        AbortSignal.any([signal, request.signal]),
      )
    },
  }),
  to({
    method: 'get',
    path: '/recognise',
    summary: 'What a pasted text names, by the networks that know it',
    query: { text: text({ min: 1, max: 10_000 }) },
    answer: object({
      items: list(
        object({ ref: refShape, what: oneOf('person', 'post', 'blob', 'invite', 'address') }),
      ),
    }),
    run: async ({ networks }, { query }) => ({
      items: networks.flatMap((network) => network.recognise(query.text.trim()) ?? []),
    }),
  }),
  to({
    method: 'post',
    path: '/join',
    summary: 'Connect to a pasted address, or accept a pasted invite',
    body: object({ text: text({ min: 1, max: 10_000 }) }),
    answer: object({ network: text(), what: text(), answer: anything('What the network answers') }),
    async run({ networks, signal }, { body, request }) {
      const joining = joiningOf(networks, body.text.trim())
      if (!joining)
        throw badRequest('That is no address or invite of a network that this node speaks.')
      const { network, what, action, parameters } = joining
      const answer = await action.run(parameters, AbortSignal.any([signal, request.signal]))
      return { network: network.name, what, answer }
    },
  }),
  to({
    method: 'post',
    path: '/link',
    summary: 'A link to the page that works once',
    answer: object({ url: text() }),
    async run({ pageLink }) {
      const url = pageLink()
      if (url === undefined) throw notFound('No page is served. Run “metalife start”.')
      return { url }
    },
  }),
]

async function runAction(
  network: LocalNetwork,
  name: string,
  given: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown> {
  const action = Object.hasOwn(network.actions, name) ? network.actions[name] : undefined
  if (!action) {
    const known = Object.keys(network.actions).join(', ')
    throw new HttpError(
      404,
      'not_found',
      `${network.title} has no action “${name}”. It has: ${known}.`,
    )
  }
  for (const parameter of Object.keys(given)) {
    if (!Object.hasOwn(action.parameters, parameter)) {
      throw badRequest(`The action “${name}” has no parameter “${parameter.slice(0, 40)}”.`)
    }
  }
  for (const [parameter, { required }] of Object.entries(action.parameters)) {
    if (required && !given[parameter])
      throw badRequest(`The action “${name}” needs “${parameter}”.`)
  }
  return await action.run(given, signal)
}
