/** A4 with 2.3 cm at the sides, in points: lines of some 90 characters. */
export const sheet = { width: 595.28, height: 841.89 }
export const side = 65
export const textWidth = sheet.width - 2 * side

/** Where text begins and ends on a page. */
export const top = 72
export const bottom = sheet.height - 70

export const headerLine = 44
export const footerLine = sheet.height - 36
