/** `about`: what somebody says of a person, or of a gathering. */
import { isObject, type Json } from '#base/json.ts'
import type { Draft, ProfileDeed } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'
import type { ContentObject } from '#networks/ssb/feed/message.ts'
import { eventFields, readEvent } from '#networks/ssb/kinds/gathering.ts'
import {
  blobIn,
  feedIn,
  type Found,
  given,
  messageIn,
  NOTHING,
  type Reading,
  wordsIn,
} from '#networks/ssb/kinds/reading.ts'
import { isBlobId, isFeedId, NETWORK } from '#networks/ssb/refs.ts'

/** Reads an `about`. Sealed ones are notes for their readers, not for a profile everybody sees. */
export function readAbout(reading: Reading): Found {
  const { content, secret } = reading
  if (secret) return NOTHING
  const of = feedIn(content['about'])
  if (of !== undefined) return readProfile(reading, of)
  const event = messageIn(content['about'])
  if (event === undefined || Object.keys(eventFields(reading)).length === 0) return NOTHING
  return readEvent(reading, event)
}

/** Makes an `about` of a profile. */
export function writeAbout(
  draft: Draft<ProfileDeed>,
): ContentObject | { readonly unsupported: string } {
  if (draft.of.network !== NETWORK || !isFeedId(draft.of.id)) {
    return { unsupported: 'The person of this profile is not on Scuttlebutt.' }
  }
  const { avatar } = draft
  if (avatar && (avatar.network !== NETWORK || !isBlobId(avatar.id))) {
    return {
      unsupported:
        'The picture is not stored as a blob, the only form in which Scuttlebutt carries it.',
    }
  }
  const fields = given({
    name: draft.name,
    description: draft.about,
    image: avatar === null ? { link: null, remove: true } : avatar?.id,
  })
  return { type: 'about', about: draft.of.id, ...fields }
}

function readProfile({ ref, actor, at, content }: Reading, of: Ref): Found {
  const about = content['description']
  const avatar = avatarIn(content['image'])
  const fields = given({
    name: wordsIn(content['name']),
    about: typeof about === 'string' ? about : undefined,
    avatar,
  })
  if (Object.keys(fields).length === 0) return NOTHING
  return {
    deeds: [{ kind: 'profile', ref, actor, at, of, ...fields }],
    blobs: avatar ? [avatar.id] : [],
  }
}

function avatarIn(image: Json | undefined): Ref | null | undefined {
  if (image === null) return null
  if (isObject(image) && (image['remove'] === true || image['link'] === null)) return null
  return blobIn(image)
}
