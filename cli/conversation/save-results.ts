import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { extname, join, relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HttpProblem, type Instance, type Mail, type ParleyHttp } from '../../client/http.ts'
import { shortId } from './names.ts'

/** Where the results of a run go unless another folder is named. */
export const resultsFolder = ({
  workflowName,
  instanceUuid,
}: Pick<Instance, 'workflowName' | 'instanceUuid'>): string =>
  join(
    'parley-results',
    `${safeName(workflowName).toLowerCase().replaceAll(' ', '-')}-${shortId(instanceUuid)}`,
  )

/** Saves what a run gave: files it made or handed over, and its mails from the local mailbox. Gives the paths, as seen from here. */
export async function saveResults(instance: Instance, client: ParleyHttp, folder: string): Promise<string[]> {
  const mails = await mailsOf(instance, client)
  const files = filesOf(instance, mails)
  if (files.length === 0 && mails.length === 0) return []
  await mkdir(folder, { recursive: true })
  const taken = new Set<string>()
  const saved = await saveFiles(files, client, folder, taken)
  for (const mail of mails) {
    const path = join(folder, unusedName(safeName(`mail ${mail.subject || 'without subject'}.txt`), taken))
    await writeFile(path, mailText(mail))
    saved.push(path)
  }
  return saved.map(fromHere)
}

/** What it made, and what it attached to its messages and mails: a case study it chose is a result too. */
function filesOf({ assets, messages }: Instance, mails: Mail[]): { fileId: string; name: string }[] {
  const said = messages.filter(({ role }) => role !== 'user').flatMap(({ attachments }) => attachments)
  const all = [...assets, ...said, ...mails.flatMap(({ attachments }) => attachments)]
  return [...new Map(all.map((file) => [file.fileId, file])).values()]
}

/** Saves files under their names. A file appears whole or not at all. */
export async function saveFiles(
  files: { fileId: string; name: string }[],
  client: ParleyHttp,
  folder: string,
  taken = new Set<string>(),
): Promise<string[]> {
  const saved: string[] = []
  for (const { fileId, name } of files) {
    const path = join(folder, unusedName(safeName(name), taken))
    const part = `${path}.part`
    try {
      await pipeline(Readable.fromWeb((await client.download(fileId)) as never), createWriteStream(part))
      await rename(part, path)
    } finally {
      await rm(part, { force: true })
    }
    saved.push(path)
  }
  return saved
}

/** A mail as a text that begins with its head. */
export const mailText = ({ from, to, subject, createdAt, attachments, text }: Mail): string =>
  [
    `From: ${from}`,
    `To: ${to.join(', ')}`,
    `Subject: ${subject}`,
    `Date: ${createdAt}`,
    ...(attachments.length > 0 ? [`Attachments: ${attachments.map(({ name }) => name).join(', ')}`] : []),
    '',
    text,
    '',
  ].join('\n')

/** The mailbox is listed newest first, so what is older than the run ends the search. */
async function mailsOf({ instanceUuid, startedAt }: Instance, client: ParleyHttp): Promise<Mail[]> {
  const found: Mail[] = []
  try {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await client.mailbox({ limit: 100, ...(cursor ? { cursor } : {}) })
      found.push(...page.items.filter((mail) => mail.instanceUuid === instanceUuid))
      const last = page.items.at(-1)
      cursor = last && last.createdAt >= startedAt ? page.nextCursor : null
    }
  } catch (error) {
    // Where mails go out for real there may be no mailbox; a lost connection is another matter.
    if (!(error instanceof HttpProblem && (error.status === 404 || error.status === 403))) throw error
  }
  return found.reverse()
}

/** A file name that every system takes, and that cannot lead out of the folder. */
export function safeName(name: string): string {
  const cleaned = name
    .normalize('NFC')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"/\\|?*]+/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '')
  const ending = extname(cleaned).slice(0, 20)
  const stem = cleaned
    .slice(0, cleaned.length - extname(cleaned).length)
    .slice(0, 120)
    .toWellFormed()
  return `${stem}${ending}` || 'file'
}

function unusedName(name: string, taken: Set<string>): string {
  const ending = extname(name)
  const stem = name.slice(0, name.length - ending.length)
  for (let count = 1; ; count++) {
    const tried = count === 1 ? name : `${stem} (${count})${ending}`
    if (taken.has(tried.toLowerCase())) continue
    taken.add(tried.toLowerCase())
    return tried
  }
}

const fromHere = (path: string): string => {
  const near = relative(process.cwd(), resolve(path))
  return near.startsWith('..') ? resolve(path) : near
}
