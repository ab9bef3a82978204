/** Which files are pictures, by the rules of `improve_harness.prepare.sniff`. */

const PICTURES = new Set('jpg jpeg jpe jfif png apng webp bmp dib tif tiff gif pgm ppm pbm pnm'.split(' '))
const NEVER = new Set('txt csv tsv json jsonl xml md html htm py yml yaml log ini pdf zip gz svg eps ps ai'.split(' '))

const MAGIC = ['\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'GIF87a', 'GIF89a', 'II*\0', 'MM\0*']

/** Whether a file is a picture, as its extension says; null when that says nothing. */
export function pictureByName(name: string): boolean | null {
  const extension = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : ''
  if (PICTURES.has(extension)) return true
  return NEVER.has(extension) ? false : null
}

/** Whether a file begins as a picture does. BMP and PNM have weak marks, so a second field must fit too. */
export function hasPictureMagic(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, 16))
  if (text.length < 16) return false
  if (MAGIC.some((start) => text.startsWith(start))) return true
  if (text.startsWith('RIFF')) return text.slice(8, 12) === 'WEBP'
  if (text.startsWith('BM')) return text.slice(6, 10) === '\0\0\0\0'
  return /^P[2-6][\n ][#0-9]/.test(text)
}
