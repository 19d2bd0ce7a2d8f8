import type { CatalogCard, ParleyHttp } from '../client/http.ts'
import type { Dialogue } from './prompts/dialogue.ts'
import { oneLine } from './screen/plain.ts'
import { UsageError } from './usage-error.ts'

/** The whole catalog, page by page. */
export async function catalogOf(
  client: ParleyHttp,
  query: Parameters<ParleyHttp['catalog']>[0] = {},
): Promise<CatalogCard[]> {
  const found: CatalogCard[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await client.catalog({ ...query, limit: 100, ...(cursor ? { cursor } : {}) })
    found.push(...page.items)
    cursor = page.nextCursor
  }
  return found
}

/** The workflow to run that is meant by an id, a name or a part of one; without a word, or where several fit, chosen from a list. */
export async function findWorkflow(
  word: string | undefined,
  client: ParleyHttp,
  dialogue: Dialogue | undefined,
): Promise<CatalogCard> {
  const all = await catalogOf(client)
  const found = word === undefined ? all.filter(({ type }) => type === 'output_focused') : matching(word, all)
  const [only, ...others] = found
  if (only && word !== undefined && others.length === 0) return only
  if (!only) throw new UsageError(noneMessage(word, all))
  return chooseWorkflow(word, found, dialogue)
}

/** The workflow to talk with, likewise; without a word, the only one there is. */
export async function findConversation(
  word: string | undefined,
  client: ParleyHttp,
  dialogue: Dialogue | undefined,
): Promise<CatalogCard> {
  const all = await catalogOf(client, { type: 'chat_driven' })
  const found = word === undefined ? all : matching(word, all)
  const [only, ...others] = found
  if (only && others.length === 0) return only
  if (only) return chooseWorkflow(word, found, dialogue)
  if (all.length === 0) throw new UsageError('No workflow is published that you may talk with.')
  throw new UsageError(
    `No workflow to talk with is called “${word}”. There are: ${all
      .map(({ name }) => oneLine(name))
      .slice(0, 20)
      .join(', ')}.`,
  )
}

function chooseWorkflow(
  word: string | undefined,
  found: CatalogCard[],
  dialogue: Dialogue | undefined,
): Promise<CatalogCard> {
  if (dialogue)
    return dialogue.prompts.select({
      message: word === undefined ? 'Which workflow?' : `Several fit “${word}”. Which one?`,
      choices: found.map((one) => ({
        value: one,
        label: oneLine(one.name),
        hint: oneLine(one.description ?? '', 60),
      })),
    })
  const names = found.map(({ name, workflowId }) => `${oneLine(name)} (${workflowId})`).join(', ')
  throw new UsageError(
    word === undefined ? `Say which workflow: ${names}.` : `Several workflows fit “${word}”: ${names}.`,
  )
}

function matching(word: string, all: CatalogCard[]): CatalogCard[] {
  const wanted = word.trim().toLowerCase()
  const exact = all.filter(({ workflowId, name }) => workflowId === wanted || name.toLowerCase() === wanted)
  if (exact.length > 0) return exact
  return all.filter(
    ({ workflowId, name }) =>
      name.toLowerCase().includes(wanted) || (wanted.length >= 4 && workflowId.startsWith(wanted)),
  )
}

const noneMessage = (word: string | undefined, all: CatalogCard[]): string => {
  if (all.length === 0) return 'No workflow is published that you may run.'
  const names = all.map(({ name }) => oneLine(name)).slice(0, 20)
  return word === undefined
    ? 'No workflow that runs by itself is published.'
    : `No workflow is called “${word}”. There are: ${names.join(', ')}.`
}
