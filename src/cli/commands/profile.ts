import { segment } from '#cli/client.ts'
import type { Command } from '#cli/command.ts'
import { printable } from '#cli/printable.ts'
import { showPerson, showPublished, showSize } from '#cli/show.ts'
import type { Profile, Published } from '#node/answers.ts'

/** `metalife profile [PERSON]` */
export const profileCommand: Command = {
  name: 'profile',
  operands: '[PERSON]',
  arity: [0, 1],
  summary: 'Show a profile, or change your own',
  options: {
    name: { help: 'Your new name', shape: 'TEXT' },
    about: { help: 'Your new description', shape: 'TEXT' },
    avatar: { help: 'The name of a blob with your new picture', shape: 'BLOB' },
  },
  async run({ operands: [person], options, output, connect }) {
    await using client = await connect()
    if (Object.keys(options).length > 0) {
      const done = await client.send<Published>('PUT', '/me', options)
      return output.result(done, () => showPublished('Changed', done))
    }
    const path = person === undefined ? '/me' : `/people/${segment(person)}`
    const profile = await client.get<Profile>(path)
    output.result(profile, () => {
      const ties = [
        ...(profile.followed ? ['you follow them'] : []),
        ...(profile.followsBack ? ['they follow you'] : []),
        ...(profile.blocked ? ['you block them'] : []),
      ]
      return [
        showPerson(profile, output),
        printable(profile.ref.id),
        ...(profile.about === undefined ? [] : [printable(profile.about)]),
        `${profile.posts} posts, follows ${profile.following}, followed by ${profile.followers}, ${showSize(profile.stored)} here`,
        ...(ties.length > 0 ? [ties.join(', ')] : []),
      ].join('\n')
    })
  },
}
