import { BlockList, isIP } from 'node:net'

/**
 * IPv4 ranges that are nobody's public server. Source: IANA's IPv4 special-purpose address registry. The metadata
 * services of the clouds are inside (169.254.0.0/16, 100.64.0.0/10, 192.0.0.0/24).
 */
const specialV4 = new BlockList()
for (const range of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
])
  add(specialV4, range, 'ipv4')

/** What the world routes of IPv6 is inside 2000::/3; of that, these are for protocols and documents. */
const globalV6 = new BlockList()
add(globalV6, '2000::/3', 'ipv6')
const specialV6 = new BlockList()
for (const range of ['2001::/23', '2001:db8::/32', '3fff::/20']) add(specialV6, range, 'ipv6')

function add(list: BlockList, range: string, family: 'ipv4' | 'ipv6'): void {
  const [address = '', bits] = range.split('/')
  list.addSubnet(address, Number(bits), family)
}

/** Whether an IP address, as a resolver gives it, belongs to the public internet. An IPv4 address inside an IPv6 one counts. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !specialV4.check(address, 'ipv4')
  // A zone (`fe80::1%eth0`) names an interface of this machine.
  if (family !== 6 || address.includes('%')) return false
  const groups = groupsOf(address)
  const inside = v4Inside(groups)
  if (inside) return !specialV4.check(inside, 'ipv4')
  const plain = groups.map((group) => group.toString(16)).join(':')
  return globalV6.check(plain, 'ipv6') && !specialV6.check(plain, 'ipv6')
}

/** The IPv4 address that a mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96) or 6to4 (2002::/16) address leads to. */
function v4Inside(groups: number[]): string | undefined {
  const dotted = (high = 0, low = 0) => [high >> 8, high & 255, low >> 8, low & 255].join('.')
  const begins = (...head: number[]) => head.every((group, index) => groups[index] === group)
  if (begins(0, 0, 0, 0, 0, 0xffff) || begins(0x64, 0xff9b, 0, 0, 0, 0)) return dotted(groups[6], groups[7])
  return begins(0x2002) ? dotted(groups[1], groups[2]) : undefined
}

/** The eight groups of an IPv6 address. A URL writes every form of one as hexadecimal groups. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const read = (part: string) => (part ? part.split(':').map((group) => Number.parseInt(group, 16)) : [])
  const [first, last] = [read(head), read(tail ?? '')]
  return [...first, ...Array(8 - first.length - last.length).fill(0), ...last]
}

/** Says that a place is inside, and who may let it through. */
export const insideProblem = (place: string, address?: string): string =>
  `${place}${address ? ` (${address})` : ''} is a private or reserved address, which workflows may not call. ` +
  'Who runs this Parley may allow it: add its host:port to PARLEY_OUTBOUND_ALLOW.'

/** What is wrong with an address, whatever place it leads to. */
export function addressProblem(url: string): string | undefined {
  if (!URL.canParse(url)) return `"${url.slice(0, 100)}" is no address.`
  const { protocol, username, password, origin } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:')
    return `Addresses begin with http:// or https://, but this one with ${protocol}`
  return username || password
    ? `${origin}: an address must not hold a user name or a password; put them into a header.`
    : undefined
}

/**
 * What is wrong with an address on the web, as far as it can be told without asking anybody: where a name leads is seen
 * when it is called. `allow` is what the operator lets through, as `host:port`.
 */
export function outboundProblem(url: string, allow: readonly string[]): string | undefined {
  const wrong = addressProblem(url)
  if (wrong) return wrong
  const { protocol, hostname, port } = new URL(url)
  const place = `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`
  if (allow.some((one) => one.toLowerCase() === place)) return undefined
  const bare = hostname.replace(/^\[|\]$/g, '')
  const isInside = isIP(bare) ? !isPublicAddress(bare) : /^(.+\.)?localhost\.?$/.test(bare)
  return isInside ? insideProblem(place) : undefined
}
