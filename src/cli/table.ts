/** Every command, in the order in which help shows them. */
import type { Command } from '#cli/command.ts'
import { archiveCommands } from '#cli/commands/archives.ts'
import { blobsAddCommand } from '#cli/commands/blobs-add.ts'
import { blobsGetCommand } from '#cli/commands/blobs-get.ts'
import { helpCommand } from '#cli/commands/help.ts'
import { identityRestoreCommand } from '#cli/commands/identity-restore.ts'
import { identityShowCommand } from '#cli/commands/identity-show.ts'
import { identityWordsCommand } from '#cli/commands/identity-words.ts'
import { joinCommands } from '#cli/commands/joining.ts'
import { likeCommand } from '#cli/commands/like.ts'
import { messageCommand } from '#cli/commands/message.ts'
import { messagesCommand } from '#cli/commands/messages.ts'
import { networksCommand } from '#cli/commands/networks.ts'
import { passphraseCommands } from '#cli/commands/passphrase.ts'
import { peersCommand } from '#cli/commands/peers.ts'
import { postCommand } from '#cli/commands/post.ts'
import { profileCommand } from '#cli/commands/profile.ts'
import { reindexCommand } from '#cli/commands/reindex.ts'
import { replyCommand } from '#cli/commands/reply.ts'
import { startCommand } from '#cli/commands/start.ts'
import { statusCommand } from '#cli/commands/status.ts'
import { threadCommand } from '#cli/commands/thread.ts'
import { tieCommands } from '#cli/commands/ties.ts'
import { timelineCommand } from '#cli/commands/timeline.ts'
import { verifyCommand } from '#cli/commands/verify.ts'
import { versionCommand } from '#cli/commands/version.ts'

export const commands: readonly Command[] = [
  startCommand,
  statusCommand,
  identityShowCommand,
  identityWordsCommand,
  identityRestoreCommand,
  ...passphraseCommands,
  postCommand,
  replyCommand,
  likeCommand,
  ...tieCommands,
  timelineCommand,
  threadCommand,
  messagesCommand,
  messageCommand,
  profileCommand,
  peersCommand,
  ...joinCommands,
  networksCommand,
  blobsAddCommand,
  blobsGetCommand,
  ...archiveCommands,
  verifyCommand,
  reindexCommand,
  helpCommand(() => commands),
  versionCommand,
]
