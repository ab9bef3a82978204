import { expect, test } from 'vitest'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { checkOutOfReach } from './check-paths.ts'

test('images among the programs of the system are refused, since every sandbox shows those', async () => {
  expect(() => checkOutOfReach(['/usr/share'])).toThrow("/usr/share lies among the system's programs")
  const folder = await temporaryFolder()
  expect(() => checkOutOfReach([folder, `${folder}/not-there-yet`, '/usr/src'])).not.toThrow()
})
