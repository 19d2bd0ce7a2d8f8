import { mkdir, writeFile } from 'node:fs/promises'
import { temporal } from '@temporalio/proto'

// The SDK's `historyToJSON` needs one protobufjs for all of its packages, which npm does not promise.
const { History } = temporal.api.history.v1

/** Whether this run of the tests writes the histories anew instead of only replaying them. */
export const savesHistories = process.env.PARLEY_SAVE_HISTORIES === '1'

/** Keeps a history in `test/histories`, where every run of the tests replays it. */
export async function saveHistory(name: string, history: object): Promise<void> {
  const folder = new URL('../histories/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const json = History.toObject(History.fromObject(history), { bytes: String, longs: String, enums: String })
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(json, null, 1)}\n`)
}
