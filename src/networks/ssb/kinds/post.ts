/** Posts and private messages: `post` with `root`, `branch`, `fork` and, where private, `recps`. */
import type { JsonObject } from '#base/json.ts'
import type { Deed, Draft, MessageDeed, PostDeed } from '#model/deed.ts'
import type { Content } from '#model/content.ts'
import { type Ref, refKey } from '#model/ref.ts'
import type { ContentObject } from '#networks/ssb/feed/message.ts'
import { blobsOf, readContent, writeContent } from '#networks/ssb/kinds/content.ts'
import {
  feedIn,
  type Found,
  given,
  listIn,
  messageIn,
  type Reading,
} from '#networks/ssb/kinds/reading.ts'
import { isMessageId, NETWORK } from '#networks/ssb/refs.ts'

/** Reads a post; a private one is a message to its readers. */
export function readPost(reading: Reading): Found {
  const content = readContent(reading.content)
  return { deeds: [postOrMessage(reading, content)], blobs: blobsOf(content) }
}

/** The deed of a content in a thread: a post, or a message where the content was sealed. */
export function postOrMessage(reading: Reading, content: Content): Deed {
  const { ref, actor, at, secret } = reading
  const { fork, ...thread } = threadIn(reading.content)
  if (secret) return { kind: 'message', ref, actor, at, content, to: readersIn(reading), ...thread }
  return {
    kind: 'post',
    ref,
    actor,
    at,
    content,
    audience: 'public',
    ...thread,
    ...given({ fork }),
  }
}

/** Makes the content of a post or of a private message; for the latter its text is still to be sealed. */
export function writePost(
  draft: Draft<PostDeed> | Draft<MessageDeed>,
): ContentObject | { readonly unsupported: string } {
  const content = writeContent(draft.content)
  if ('unsupported' in content) return content as { readonly unsupported: string }
  const thread = writeThread(draft)
  if (thread === undefined) {
    return {
      unsupported:
        'The post that is answered is not on Scuttlebutt, so the answer cannot be there either.',
    }
  }
  const recps = draft.kind === 'message' ? { recps: draft.to.map(({ id }) => id) } : {}
  return { type: 'post', ...content, ...thread, ...recps }
}

type Thread = { readonly root?: Ref; readonly parent?: Ref; readonly fork?: Ref }

function threadIn(content: JsonObject): Thread {
  const rooted = messageIn(content['root'])
  const branches = listIn(content['branch']).flatMap((link) => messageIn(link) ?? [])
  // Of several newest messages of the thread the last is taken; the thread's start only when it stands alone.
  const parent = branches.findLast(({ id }) => id !== rooted?.id) ?? branches[0] ?? rooted
  return given({ root: rooted ?? parent, parent, fork: messageIn(content['fork']) })
}

function readersIn({ actor, content }: Reading): readonly Ref[] {
  const readers = listIn(content['recps']).flatMap((link) => feedIn(link) ?? [])
  return [...new Map([...readers, actor].map((reader) => [refKey(reader), reader])).values()]
}

function writeThread(
  draft: Draft<PostDeed> | Draft<MessageDeed>,
): Readonly<Record<string, string>> | undefined {
  const root = draft.root ?? draft.parent
  const parent = draft.parent ?? draft.root
  const fork = draft.kind === 'post' ? draft.fork : undefined
  for (const ref of [root, parent, fork]) {
    if (ref !== undefined && (ref.network !== NETWORK || !isMessageId(ref.id))) return undefined
  }
  return given({ root: root?.id, branch: parent?.id, fork: fork?.id })
}
