import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderCliDocs } from '../src/cli/docs.ts'

/** Writes docs/cli.md from the command definitions. */
await writeFile(join(import.meta.dirname, '..', 'docs', 'cli.md'), renderCliDocs())
