import JSZip from 'jszip'

/** A ZIP archive, as office files are, from names and contents. */
export const makeZip = (files: Record<string, string | Buffer>): Promise<Buffer> => {
  const zip = new JSZip()
  for (const [name, content] of Object.entries(files)) zip.file(name, content)
  return zip.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE' })
}
