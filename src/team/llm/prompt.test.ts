import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prompt, render } from './prompt.ts'

test('placeholders are filled, and what is filled in is not looked at again', () => {
  expect(render('{{a}} and {{b}}', { a: '{{b}}', b: '$&' })).toBe('{{b}} and $&')
})

test('a placeholder without a value and a value without a placeholder are mistakes', () => {
  expect(() => render('{{a}} {{b}}', { a: '1' }, 'x')).toThrow('prompt x: no value for b')
  expect(() => render('{{a}}', { a: '1', c: '2' }, 'x')).toThrow('prompt x: no place for c')
  expect(() => prompt('plateau')).toThrow('no value for sinceKept')
})

test('every prompt is used, and every one that is used is there', () => {
  const files = readdirSync(join(import.meta.dirname, 'prompts')).map((name) => name.replace('.md', ''))
  const code = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join('\n')
  const named = new Set([...code.matchAll(/prompt\(['`]([^'`]+)['`]/g)].flatMap(([, name = '']) => expand(name)))
  expect([...named].toSorted()).toEqual(files.toSorted())
})

/** `${component}-craft` names one prompt a component, `scope-${scope}` one a scope. */
function expand(name: string): string[] {
  if (name.startsWith('${component}')) return ['data', 'model', 'training'].map((each) => name.replace('${component}', each))
  if (name.endsWith('${scope}')) return ['one', 'any'].map((each) => name.replace('${scope}', each))
  return [name]
}
