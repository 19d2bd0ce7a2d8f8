import { createRequire } from 'node:module'
import type Types from 'pptxgenjs'

/**
 * pptxgenjs ships ES modules in a package that says it is CommonJS: Node guesses right, Jest and TypeScript do not.
 * Its CommonJS build is the one that all three read alike.
 */
export const PptxGenJS = createRequire(import.meta.url)('pptxgenjs') as typeof Types.default

export type Presentation = Types.default
export type Slide = Types.default.Slide
export type Master = Types.default.SlideMasterProps
export type Placeholder = Types.default.PlaceholderProps
export type Run = Types.default.TextProps
export type RunOptions = Types.default.TextPropsOptions
export type Row = Types.default.TableRow
export type Cell = Types.default.TableCell
export type ChartOptions = Types.default.IChartOpts
