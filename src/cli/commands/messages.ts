import { segment } from '#cli/client.ts'
import type { Command } from '#cli/command.ts'
import { pageOptions, pageQuery } from '#cli/paging.ts'
import { oneLine } from '#cli/printable.ts'
import { showMessage, showPage, showPerson, showTime } from '#cli/show.ts'
import type { Conversation, Message, Page } from '#node/answers.ts'

/** `metalife messages [CONVERSATION]` */
export const messagesCommand: Command = {
  name: 'messages',
  operands: '[CONVERSATION]',
  arity: [0, 1],
  summary: 'Show private conversations, or the messages of one',
  options: pageOptions,
  async run({ operands: [conversation], options, output, connect }) {
    await using client = await connect()
    const query = pageQuery(options)
    if (conversation === undefined) {
      const page = await client.get<Page<Conversation>>('/conversations', query)
      const none = 'There are no private messages. Write one: metalife message PERSON "…"'
      const show = ({ id, people, last, unread }: Conversation): string =>
        [
          `${output.style('bold', id)}  ${people.map((person) => showPerson(person, output)).join(', ')}`,
          `${showTime(last.at)}  ${oneLine(last.content.text.body, 70)}${unread > 0 ? ` (${unread} new)` : ''}`,
        ].join('\n')
      return output.result(page, () => showPage(page, show, none))
    }
    const path = `/conversations/${segment(conversation)}/messages`
    const page = await client.get<Page<Message>>(path, query)
    output.result(page, () =>
      showPage(page, (message) => showMessage(message, output), 'Nothing has been written here.'),
    )
  },
}
