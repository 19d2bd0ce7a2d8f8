import { legalString } from './legal-text.ts'

/** The names that people and models write; any other stays as it stands. */
const named: Record<string, string> = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', ensp: '\u2002', emsp: '\u2003', thinsp: '\u2009',
  shy: '\u00ad', copy: '©', reg: '®', trade: '™', hellip: '…', mdash: '—', ndash: '–', bull: '•', middot: '·',
  lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', laquo: '«', raquo: '»', sect: '§', para: '¶', deg: '°',
  euro: '€', pound: '£', yen: '¥', cent: '¢', times: '×', divide: '÷', plusmn: '±', minus: '−', frac12: '½',
  frac14: '¼', frac34: '¾', le: '≤', ge: '≥', ne: '≠', asymp: '≈', larr: '←', rarr: '→', uarr: '↑', darr: '↓',
  harr: '↔', check: '✓', auml: 'ä', ouml: 'ö', uuml: 'ü', Auml: 'Ä', Ouml: 'Ö', Uuml: 'Ü', szlig: 'ß',
  aring: 'å', Aring: 'Å', oslash: 'ø', Oslash: 'Ø', aelig: 'æ', AElig: 'Æ', eacute: 'é', egrave: 'è', ccedil: 'ç',
  ntilde: 'ñ',
}

export const decodeEntities = (text: string): string =>
  text.includes('&')
    ? legalString(
        text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w{2,8}));/gi, (whole, hex, decimal, name) => {
          if (name) return named[name] ?? whole
          const point = hex ? Number.parseInt(hex, 16) : Number(decimal)
          return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : ''
        }),
      )
    : text
