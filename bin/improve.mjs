#!/usr/bin/env node
// Starts the command line. The code needs Node >= 22.19; under an older one, a clone's own Node takes over.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const SELF = fileURLToPath(import.meta.url)
const ROOT = join(dirname(SELF), '..')
const OWN_NODE = join(ROOT, 'node_modules', '.bin', 'node')

const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 19)) process.exitCode = await start()
else if (existsSync(OWN_NODE) && !process.env.IMPROVE_NODE_TRIED) handOver()
else {
  console.error(`error: improve needs Node 22.19 or newer, this is ${process.versions.node}`)
  console.error(
    `fix: ${existsSync(join(ROOT, 'src')) ? `npm run setup --prefix ${ROOT}` : 'install a newer Node from https://nodejs.org'}`,
  )
  process.exitCode = 1
}

async function start() {
  const source = join(ROOT, 'src', 'cli', 'main.ts')
  const main = existsSync(source) ? source : join(ROOT, 'dist', 'cli', 'main.js')
  return (await import(pathToFileURL(main).href)).main(process.argv.slice(2))
}

/** Runs the same command line under the clone's Node and ends as it ends. */
function handOver() {
  // The mark ends a loop, should that Node be an old one too.
  const env = { ...process.env, IMPROVE_NODE_TRIED: '1' }
  const child = spawn(OWN_NODE, [SELF, ...process.argv.slice(2)], { stdio: 'inherit', env })
  // At a terminal, Ctrl-C reaches the child by itself; a second copy would read as a second Ctrl-C.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`error: ${OWN_NODE} could not be started: ${error.message}\nfix: npm run setup --prefix ${ROOT}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
}
