import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'

const SIDE = 8

/** Two classes of grey 8 x 8 pictures, told apart by which half is bright; noise makes every picture different, also for seeds of other lengths. */
export async function writePngFolder(folder: string, perClass: number, seed = ''): Promise<void> {
  const random = makeRandom(seed.length)
  for (const [label, name] of ['bright-left', 'bright-top'].entries()) {
    await mkdir(join(folder, name), { recursive: true })
    for (let index = 0; index < perClass; index++) {
      const isBright = (x: number, y: number) => (label === 0 ? x : y) < SIDE / 2
      const pixels = (x: number, y: number) => Math.floor(random() * 110) + (isBright(x, y) ? 130 : 0)
      await writeFile(join(folder, name, `${index}.png`), greyPng(pixels))
    }
  }
}

function greyPng(pixel: (x: number, y: number) => number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(SIDE, 0)
  header.writeUInt32BE(SIDE, 4)
  header[8] = 8
  const rows = Array.from({ length: SIDE }, (_, y) => [0, ...Array.from({ length: SIDE }, (_unused, x) => pixel(x, y))])
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const data = deflateSync(Buffer.from(rows.flat()))
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'ascii'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

/** A small linear congruential generator, so that the pictures are the same in every run. */
function makeRandom(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
