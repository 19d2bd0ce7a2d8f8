/** What a passage is for, told by its heading. Documents name these things in a hundred ways; this is the list of those seen. */
export type Topic =
  | 'situation'
  | 'wants'
  | 'figures'
  | 'concerns'
  | 'promises'
  | 'tone'
  | 'never'
  | 'claims'
  | 'price'
  | 'course'
  | 'advice'

/** In this order: the first that fits counts, so "What we promised" is no wish and "Facts we may claim" no table of figures. */
const headings: [Topic, RegExp][] = [
  ['never', /never say|avoid|do not say|not claim|forbidden/],
  ['tone', /^tone|^style|voice|how to write|wording/],
  ['promises', /promis|next step|action|follow[- ]?up|agreed|to[- ]?dos?\b|commit|timeline|deadline/],
  ['claims', /may claim|benefit|feature|proof points|advantage|what (it|we) (does|do|offers?)|capabilit/],
  ['advice', /recommend|conclusion|proposal|suggest/],
  ['price', /pric|\bplans?\b|packages?|tariff|\bfees?\b|\bcosts?\b/],
  ['concerns', /objection|concern|\brisks?\b|worr|blocker|doubt|\bissues?\b|open questions/],
  ['course', /introduc|roll-?out|implement|how it (was|went)|project plan|phases?/],
  ['wants', /want|\bneeds?\b|require|\bgoals?\b|\basks?\b|asked|wish|objective|expect|looking for|criteria/],
  ['figures', /numbers?\b|figures?\b|budget|\bkpis?\b|metrics?|key (data|facts)/],
  [
    'situation',
    /where (they|you|we) (are|stand)|situation|background|today|current|status|context|challenge|problem|\bpain|starting point|changed|market/,
  ],
]

export const topicOf = (heading: string): Topic | undefined => {
  const text = heading.toLowerCase()
  return headings.find(([, pattern]) => pattern.test(text))?.[0]
}

/** What a document is in a deal: what the customer said, what is for sale, or whom it already helped. */
export type Role = 'customer' | 'product' | 'case' | 'other'

export const roleOf = (name: string, text: string): Role => {
  const label = `${name.replace(/[-_.]/g, ' ')} ${text.slice(0, 120)}`.toLowerCase()
  if (/case stud|success story|\breference\b|customer story/.test(label)) return 'case'
  if (
    /\bcalls?\b|meeting|minutes|interview|discovery|\brfp\b|\bnotes?\b|transcript|request for|briefing/.test(
      label,
    )
  )
    return 'customer'
  if (/product|pric|datasheet|data sheet|\bplans?\b|offer|catalog|service|fact ?sheet/.test(label))
    return 'product'
  return 'other'
}
