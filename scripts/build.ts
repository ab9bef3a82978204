// Makes dist/: the compiler's output, and beside it the texts that it does not know, such as prompts.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const [source, target] = [join(ROOT, 'src'), join(ROOT, 'dist')]

rmSync(target, { recursive: true, force: true })
const compiler = join(ROOT, 'node_modules', '.bin', 'tsc')
const { status } = spawnSync(compiler, ['-p', join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' })
if (status === 0) for (const text of globSync('**/*.md', { cwd: source })) cpSync(join(source, text), join(target, text))
process.exitCode = status ?? 1
