import { z } from 'zod'
import { FileValue } from '../file.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { anyone, Id, QueryText, runtime, Scope, scopeParams, Time } from './scope.ts'

/** The largest upload, in bytes. */
export const largestFile = 100 * 1024 * 1024

export const StoredFile = FileValue.extend({ sha256: z.string() }).meta({ id: 'StoredFile' })
export type StoredFile = z.infer<typeof StoredFile>

export const LibraryItem = FileValue.extend({
  /** Where its words came from, when a person must know: `Demo model`. */
  label: z.string().nullable(),
  instanceUuid: Id.nullable(),
  workflowName: z.string().nullable(),
  addedAt: Time,
}).meta({ id: 'LibraryItem' })
export type LibraryItem = z.infer<typeof LibraryItem>

const FileParams = z.object({ ...scopeParams, fileId: Id })

export const files = {
  upload: route({
    name: 'uploadFile',
    method: 'post',
    path: `${runtime}/files`,
    tag: 'Files',
    summary: 'Stores one file, sent as the part `file` of multipart/form-data; 100 MB at most',
    description: 'The type is found by content, not by name. The id is for `fileIds` of an answer.',
    access: anyone,
    params: Scope,
    upload: 'multipart/form-data',
    reply: { status: 201, description: 'Stored', body: StoredFile },
    problems: ['TooLarge', 'UnsupportedMediaType', 'Invalid', 'Full'],
    idempotent: true,
  }),
  download: route({
    name: 'downloadFile',
    method: 'get',
    path: `${runtime}/files/{fileId}`,
    tag: 'Files',
    summary: 'The bytes of a file, always as an attachment',
    access: anyone,
    params: FileParams,
    reply: { status: 200, description: 'The bytes', mediaType: 'application/octet-stream' },
  }),
}

export const library = {
  list: route({
    name: 'listLibrary',
    method: 'get',
    path: `${runtime}/library`,
    tag: 'Files',
    summary: 'Delivered files of the app, newest first',
    access: anyone,
    params: Scope,
    query: z.object({ ...pageQuery, q: QueryText.optional().describe('Part of the name of the file') }),
    reply: { status: 200, description: 'A page of files', body: pageOf(LibraryItem) },
  }),
  get: route({
    name: 'getLibraryItem',
    method: 'get',
    path: `${runtime}/library/{fileId}`,
    tag: 'Files',
    summary: 'One delivered file: its name, type and origin. Its bytes are at `files/{fileId}`',
    access: anyone,
    params: FileParams,
    reply: { status: 200, description: 'The file', body: LibraryItem },
  }),
}
