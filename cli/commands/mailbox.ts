import { Command } from 'commander'
import type { Mail } from '../../client/http.ts'
import type { Context } from '../context.ts'
import { shortId } from '../conversation/names.ts'
import { mailText } from '../conversation/save-results.ts'
import { oneLine, plain } from '../screen/plain.ts'
import { alignColumns } from '../screen/render-table.ts'
import { UsageError } from '../usage-error.ts'
import { when } from './list.ts'

export const mailboxCommand = (contextOf: () => Context): Command =>
  new Command('mailbox')
    .description('mails that went into the local mailbox')
    .argument('[mail]', 'the id of the one to read, or the beginning of it')
    .action(async (given: string | undefined) => {
      const { client, screen, print } = contextOf()
      const { items } = await client.mailbox({ limit: 100 })
      if (given === undefined) {
        const rows = items.map(({ mailId, createdAt, to, subject }) => [
          shortId(mailId),
          when(createdAt),
          oneLine(to.join(', '), 28),
          oneLine(subject),
        ])
        print(items.length > 0 ? alignColumns(rows, screen.columns) : ['The mailbox is empty.'], { items })
        return
      }
      const mail = oneMail(items, given)
      print(plain(mailText(mail)).trimEnd().split('\n'), mail)
    })

function oneMail(items: Mail[], given: string): Mail {
  const [only, ...others] = items.filter(({ mailId }) => mailId.startsWith(given.toLowerCase()))
  if (!only) throw new UsageError(`No mail begins with ${given}: see parley mailbox.`)
  if (others.length > 0) throw new UsageError(`Several mails begin with ${given}: give more of the id.`)
  return only
}
