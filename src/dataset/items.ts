import { open } from 'node:fs/promises'

/** One image of a staged dataset. `copyGroup` joins identical and near copies, `group` these and the user's groups. */
export type Item = {
  readonly part: string
  readonly path: string
  readonly sha256: string
  readonly pixelHash: string
  readonly group: number
  readonly copyGroup: number
}

/** The lines of items.jsonl; our own file, so that its fields are not checked one by one. */
export async function* readItems(path: string): AsyncGenerator<Item> {
  const file = await open(path)
  try {
    let rest = ''
    for await (const chunk of file.createReadStream({ encoding: 'utf8', highWaterMark: 1 << 20, autoClose: false })) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield JSON.parse(line) as Item
    }
    if (rest !== '') yield JSON.parse(rest) as Item
  } finally {
    await file.close()
  }
}
