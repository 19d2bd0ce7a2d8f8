import type { Brand } from '../../../../shared/contract/brand.ts'
import type { Chart } from '../../../../shared/contract/slides.ts'
import type { CardTemplate, ImageSize } from '../../../../shared/contract/steps/image.ts'

/** What a card says and how it looks. */
export interface CardRequest {
  template: CardTemplate
  size: ImageSize
  title?: string
  /** Markdown. */
  text?: string
  chart?: Chart
  brand: Brand
  /** Where the words come from, such as "Demo model": stands quietly at the foot. */
  label?: string
}

export interface MadeCard {
  /** A PNG. */
  bytes: Uint8Array
  /** Characters that no font here has: they are shown as boxes, and the card says so. */
  strangers: number
}

/** The ability to compose a picture of words and figures, in the workspace's name and colours. */
export interface Cards {
  /** Fails with `CardProblem` when the request itself cannot become a card: no retry cures it. */
  compose(request: CardRequest): Promise<MadeCard>
}
