type Style = Record<string, string | number>

/** A box as satori lays it out: a subset of HTML and CSS, in pixels. */
export interface Element {
  type: 'div' | 'img'
  props: { style: Style; children?: Element[] | string; src?: string; width?: number; height?: number }
}

type Child = Element | undefined | false

const children = (given: Child[]): Element[] => given.filter((one) => one !== undefined && one !== false)

export const row = (style: Style, ...inside: Child[]): Element => ({
  type: 'div',
  props: {
    style: { display: 'flex', flexDirection: 'row', boxSizing: 'border-box', ...style },
    children: children(inside),
  },
})

export const column = (style: Style, ...inside: Child[]): Element => ({
  type: 'div',
  props: {
    style: { display: 'flex', flexDirection: 'column', boxSizing: 'border-box', ...style },
    children: children(inside),
  },
})

/** An area of colour. */
export const area = (style: Style): Element => row({ flexShrink: 0, ...style })

export const words = (text: string, style: Style): Element => ({
  type: 'div',
  props: { style: { display: 'block', ...style }, children: text },
})
