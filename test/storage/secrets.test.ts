import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { boundTo, seal } from '../../storage/secrets/seal.ts'
import { unseal } from '../../storage/secrets/unseal.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-keys-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const value = 'Grüße, s3cret'
const bound = boundTo({ workspaceId: 'w', appId: 'a', name: 'n', hosts: ['h'] })

it('F020 what is sealed opens with the same key and for the same use only', async () => {
  const keys = masterKeysOf([randomBytes(32)], folder)
  const sealed = seal(await keys.toSeal(), value, bound)
  const known = await keys.known()
  expect(unseal(known, sealed, bound)).toBe(value)
  for (const other of [
    { workspaceId: 'x', appId: 'a', name: 'n', hosts: ['h'] },
    { workspaceId: 'w', appId: 'a', name: 'm', hosts: ['h'] },
    { workspaceId: 'w', appId: 'a', name: 'n', hosts: ['h', 'evil.example.com'] },
  ])
    expect(() => unseal(known, sealed, boundTo(other))).toThrow('was changed')
  const broken = Buffer.from(sealed.value, 'base64')
  broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1)
  expect(() => unseal(known, { ...sealed, value: broken.toString('base64') }, bound)).toThrow('was changed')
  expect(() => unseal(known, { ...sealed, value: 'AAAA' }, bound)).toThrow('was changed')
})

it('F020 the same value is never sealed the same way, and nothing of it shows', async () => {
  const key = await masterKeysOf([randomBytes(32)], folder).toSeal()
  const [one, two] = [seal(key, value, bound), seal(key, value, bound)]
  expect(one.value).not.toBe(two.value)
  expect(one.dataKey).not.toBe(two.dataKey)
  expect(Buffer.from(one.value, 'base64').toString('latin1')).not.toContain('s3cret')
})

it('F020 keys are changed by putting the new one in front', async () => {
  const [old, fresh] = [randomBytes(32), randomBytes(32)]
  const before = seal(await masterKeysOf([old], folder).toSeal(), value, bound)
  const both = masterKeysOf([fresh, old], folder)
  expect(unseal(await both.known(), before, bound)).toBe(value)
  const after = seal(await both.toSeal(), value, bound)
  expect(after.keyId).not.toBe(before.keyId)
  const later = await masterKeysOf([fresh], folder).known()
  expect(unseal(later, after, bound)).toBe(value)
  expect(() => unseal(later, before, bound)).toThrow('a key that is not here')
})

it('F020 a key file is made once, for its owner only, by however many processes at once', async () => {
  const data = join(folder, 'data')
  const made = await Promise.all(Array.from({ length: 20 }, () => masterKeysOf([], data).toSeal()))
  expect(new Set(made.map(({ id }) => id)).size).toBe(1)
  expect(await readdir(data)).toEqual(['secrets.key'])
  expect((await stat(join(data, 'secrets.key'))).mode & 0o777).toBe(0o600)
  // And it is the same one later, also when a key is given in front of it.
  const sealed = seal(made[0]!, value, bound)
  const later = masterKeysOf([randomBytes(32)], data)
  expect(unseal(await later.known(), sealed, bound)).toBe(value)
  expect((await later.toSeal()).id).not.toBe(sealed.keyId)
})

it('F020 who opens finds a key that was made after it was started, and makes none', async () => {
  const opener = masterKeysOf([], folder)
  expect(await opener.known()).toEqual([])
  expect(await readdir(folder)).toEqual([])
  const sealed = seal(await masterKeysOf([], folder).toSeal(), value, bound)
  expect(unseal(await opener.known(), sealed, bound)).toBe(value)
})

it('F020 a key that is given makes no file', async () => {
  await masterKeysOf([randomBytes(32)], folder).toSeal()
  expect(await readdir(folder)).toEqual([])
})

it('F020 a key file that is none stops the process, and is left as it is', async () => {
  await writeFile(join(folder, 'secrets.key'), 'oops\n')
  await expect(masterKeysOf([], folder).known()).rejects.toThrow(
    'is no key file: expected 32 bytes in base64',
  )
  await expect(masterKeysOf([], folder).toSeal()).rejects.toThrow('is no key file')
  expect(await readFile(join(folder, 'secrets.key'), 'utf8')).toBe('oops\n')
})
