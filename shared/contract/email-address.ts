/** One address as mail servers take it: no name beside it, no list, nothing that could begin another header. */
export const isEmailAddress = (text: string): boolean =>
  /^[^\s@<>,;:"'()]{1,64}@[^\s@<>,;:"'()]{1,190}$/.test(text)
