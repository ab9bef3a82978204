import { expect, test } from 'vitest'

import { cleanText, LogRing } from './log-ring.ts'

test('short text is kept as it is', () => {
  const ring = new LogRing()
  const write = ring.writer()
  write(Buffer.from('one\ntw'))
  write(Buffer.from('o\nthree'))
  expect(ring.text()).toBe('one\ntwo\nthree')
  expect(ring.tail(2)).toBe('two\nthree')
  expect(ring.tail(9, 7)).toBe('three')
})

test('half a line of one stream is not continued by the other', () => {
  const ring = new LogRing()
  const [first, second] = [ring.writer(), ring.writer()]
  first(Buffer.from('he'))
  second(Buffer.from('error\n'))
  first(Buffer.from('llo\n'))
  expect(ring.text()).toBe('error\nhello')
})

test('a flood keeps its beginning and its end and says how much is missing', () => {
  const ring = new LogRing()
  const write = ring.writer()
  for (let line = 0; line < 200_000; line += 1) write(Buffer.from(`line ${line}\n`))
  const lines = ring.text().split('\n')
  expect(lines[0]).toBe('line 0')
  expect(lines.at(-1)).toBe('line 199999')
  expect(lines.filter((line) => /^\[\d+ bytes left out\]$/.test(line))).toHaveLength(1)
  expect(lines.every((line) => /^(line \d+|\[\d+ bytes left out\])$/.test(line))).toBe(true)
  expect(ring.text().length).toBeLessThan((64 + 256 + 1) << 10)
})

test('3 GB take bounded memory and a few seconds', { timeout: 60_000 }, () => {
  const ring = new LogRing()
  const write = ring.writer()
  const chunk = Buffer.from('y\n'.repeat(32 << 10))
  const before = process.memoryUsage().rss
  for (let done = 0; done < 3e9; done += chunk.length) write(chunk)
  expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20)
  expect(ring.tail(1)).toBe('y')
})

test('a long line is cut at 8 KiB and the next one follows', () => {
  const ring = new LogRing()
  const write = ring.writer()
  for (let index = 0; index < 1000; index += 1) write(Buffer.alloc(1000, 'a'))
  write(Buffer.from('\nnext\n'))
  const [long = '', next] = ring.text().split('\n')
  expect(long).toBe(`${'a'.repeat(8 << 10)} [line cut]`)
  expect(next).toBe('next')
})

test('colours, titles, cursor moves and control characters are stripped', () => {
  expect(cleanText('\x1b[31mred\x1b[0m \x1b]0;title\x07plain\x1b[2K\x00\x08\x7f \x1b(Bend\u202e!')).toBe('red plain end!')
})

test('of a progress bar only its last drawing stays', () => {
  expect(cleanText('epoch 1\r\n10 %\r50 %\r100 %\ndone')).toBe('epoch 1\n100 %\ndone')
  const ring = new LogRing()
  const write = ring.writer()
  for (let step = 0; step <= 100_000; step += 1) write(Buffer.from(`\rstep ${step}`))
  expect(ring.tail(1)).toBe('step 100000')
})
