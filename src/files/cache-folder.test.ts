import { describe, expect, test } from 'vitest'
import { cacheFolder } from './cache-folder.ts'

describe('cacheFolder', () => {
  test('IMPROVE_CACHE wins over everything', () => {
    expect(cacheFolder({ IMPROVE_CACHE: '/big/cache', XDG_CACHE_HOME: '/x', HOME: '/home/a' }, 'linux')).toBe('/big/cache')
  })

  test('XDG_CACHE_HOME is used on Linux', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/x', HOME: '/home/a' }, 'linux')).toBe('/x/improve')
  })

  test('a relative XDG_CACHE_HOME is ignored, as its specification says', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: 'x', HOME: '/home/a' }, 'linux')).toBe('/home/a/.cache/improve')
  })

  test('macOS has its own place', () => {
    expect(cacheFolder({ HOME: '/Users/a' }, 'darwin')).toBe('/Users/a/Library/Caches/improve')
  })

  test('a relative IMPROVE_CACHE is refused', () => {
    expect(() => cacheFolder({ IMPROVE_CACHE: 'cache' }, 'linux')).toThrow('IMPROVE_CACHE must be an absolute path, got "cache"')
  })
})
