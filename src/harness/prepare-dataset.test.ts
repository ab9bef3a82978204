import { expect, test } from 'vitest'
import { refusal } from './prepare-dataset.ts'

test('of many unreadable pictures the names shown are told to be the first of them', () => {
  const event = { type: 'failed', stage: null, kind: 'dataset', evidence: ['a.jpg: cut off', 'b.jpg: empty'] } as const
  const many = { ...event, message: '1,200 images of 9,000 cannot be read (13%, more than 5%).', evidence: [...event.evidence] }
  expect(refusal(many).evidence).toEqual(['a.jpg: cut off', 'b.jpg: empty', 'these are the first 2 of 1,200'])
  const two = { ...many, message: '2 images of 9 cannot be read (22%, more than 5%).' }
  expect(refusal(two).evidence).toEqual(['a.jpg: cut off', 'b.jpg: empty'])
  expect(refusal({ ...many, message: 'the folder holds 9,000 images of 1 class' }).evidence).toHaveLength(2)
})
