import { api } from '../../shared/contract/api/index.ts'
import { findLibraryItem, listLibrary } from '../../storage/sql/list-library.ts'
import { type Binder, sendAnswer } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { download } from '../download.ts'
import { must } from '../runs/must-read.ts'
import { upload } from '../upload.ts'

export function bindFiles(bind: Binder, deps: Deps): void {
  const { db } = deps
  bind(api.files.upload, async ({ caller, claim, req, res }) => {
    sendAnswer(res, await upload(deps, caller, req, claim))
    return undefined
  })
  bind(api.files.download, ({ caller, params, req, res }) => download(deps, caller, params.fileId, req, res))
  bind(api.library.list, ({ caller, query }) => listLibrary(db, caller, query))
  bind(api.library.get, async ({ caller, params }) =>
    must(await findLibraryItem(db, caller, params.fileId), 'file in the Library'),
  )
}
