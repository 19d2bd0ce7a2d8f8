import { statSync } from 'node:fs'
import { basename } from 'node:path'
import type { ParleyHttp } from '../../client/http.ts'
import type { Screen } from '../screen/screen.ts'

/** From this size on, an upload shows how far it is. */
const large = 1_000_000

/** Uploads files one after the other and gives their ids. @throws HttpProblem when one is refused */
export async function uploadFiles(
  paths: string[],
  client: ParleyHttp,
  screen: Screen | undefined,
): Promise<string[]> {
  const fileIds: string[] = []
  try {
    for (const path of paths) {
      const isLarge = statSync(path).size >= large
      const onProgress = (sent: number, total: number) =>
        screen?.note(`Uploading ${basename(path)}  ${Math.floor((sent / total) * 100)}%`)
      const { fileId } = await client.upload(path, isLarge && screen?.changes ? { onProgress } : {})
      fileIds.push(fileId)
    }
    return fileIds
  } finally {
    screen?.note('')
  }
}
