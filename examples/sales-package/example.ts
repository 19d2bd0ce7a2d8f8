import type { Example } from '../example.ts'

export const salesPackage: Example = {
  folder: new URL('./', import.meta.url),
  files: {
    productSheet: 'product-sheet.docx',
    caseStudies: ['case-study.pptx', 'case-study-brevik.md', 'case-study-tessera.md'],
  },
}
