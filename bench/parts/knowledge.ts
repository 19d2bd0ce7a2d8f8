import { embedded } from '../../shared/contract/api/embedded.ts'
import { openDatabase } from '../../storage/sql/database.ts'
import { ensureWorkspace } from '../../storage/sql/ensure-workspace.ts'
import { type Figure, median, ms, percentile } from '../figures.ts'
import { documents, fillBase, measureRecall } from '../knowledge/recall.ts'
import type { PartOrder } from '../order.ts'
import { openPlace } from '../place.ts'

/** How often the passage that answers a question is found, by full text, in the set of documents beside `recall.ts`. */
export async function measureKnowledge({ temporalCli, say }: PartOrder): Promise<Figure[]> {
  const place = await openPlace({ temporalCli })
  const db = openDatabase(place.databaseUrl, 2)
  try {
    await ensureWorkspace(db)
    const base = await fillBase(db, embedded)
    const { asked, found, first, missed, times } = await measureRecall(db, base)
    for (const { asks, document } of missed) say(`  not found: “${asks}” (${document})`)
    const share = (count: number) => `${count} of ${asked}`
    const name = `${asked} questions to ${documents.length} documents, full text`
    return [
      { name: `${name}: recall@5`, ours: share(found), value: found / asked, target: { least: 0.85 } },
      { name: `${name}: found first`, ours: share(first) },
      { name: `${name}: a search, p50`, ours: ms(median(times)) },
      { name: `${name}: a search, p95`, ours: ms(percentile(times, 95)) },
    ]
  } finally {
    await db.$client.end()
    await place.close()
  }
}
