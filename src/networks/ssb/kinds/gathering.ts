/** Gatherings (read only): a `gathering` starts one, `about` messages of it say what it is and who comes. */
import { isObject, type Json } from '#base/json.ts'
import type { EventDeed } from '#model/deed.ts'
import { type Ref, sameRef } from '#model/ref.ts'
import {
  blobIn,
  feedIn,
  type Found,
  given,
  NOTHING,
  type Reading,
  wordsIn,
} from '#networks/ssb/kinds/reading.ts'

type EventFields = Partial<
  Pick<EventDeed, 'title' | 'about' | 'place' | 'starts' | 'image' | 'attending'>
>

/** Reads the message that starts a gathering. Sealed ones are left out: an event has no audience that would keep it so. */
export function readGathering(reading: Reading): Found {
  return reading.secret ? NOTHING : readEvent(reading, reading.ref)
}

/** The event deed of a gathering, whose first message is `of`. */
export function readEvent(reading: Reading, of: Ref): Found {
  const { ref, actor, at } = reading
  const fields = eventFields(reading)
  return {
    deeds: [{ kind: 'event', ref, actor, at, of, ...fields }],
    blobs: fields.image === undefined ? [] : [fields.image.id],
  }
}

/** What a message says of a gathering. */
export function eventFields({ actor, content }: Reading): EventFields {
  return given({
    title: wordsIn(content['title']) ?? wordsIn(content['name']),
    about: wordsIn(content['description']),
    place: wordsIn(content['location']),
    starts: startIn(content['startDateTime']),
    image: blobIn(content['image']),
    attending: attendingIn(content['attendee'], actor),
  })
}

function startIn(value: Json | undefined): number | undefined {
  const epoch = isObject(value) ? value['epoch'] : value
  if (typeof epoch !== 'number' || !Number.isFinite(epoch) || epoch <= 0) return undefined
  // Some programs wrote seconds.
  return epoch < 1e11 ? epoch * 1000 : epoch
}

/** Whether the actor comes; what they say of others' coming counts for nothing. */
function attendingIn(value: Json | undefined, actor: Ref): boolean | undefined {
  const who = feedIn(value)
  if (who === undefined || !sameRef(who, actor)) return undefined
  return !(isObject(value) && value['remove'] === true)
}
