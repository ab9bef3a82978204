// Brings what the repository needs: npm packages with Node 24, the Python environment, the sandbox program. Each step looks
// first whether its work is done, so that a second set-up takes a moment and an interrupted one goes on.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, openSync, closeSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { openStep } from './step.mjs'

export const ROOT = join(import.meta.dirname, '..')
export const BIN = join(ROOT, 'node_modules', '.bin')
/** The environment of everything after the set-up: the repository's own Node and tools come first. */
export const ENVIRONMENT = { ...process.env, PATH: [BIN, process.env.PATH].join(delimiter) }

const STAMP = join(ROOT, 'node_modules', '.improve-stamp')
const LOGS = join(ROOT, '.cache', 'set-up')
const KEPT_LINES = 60
const STEPS = [
  { title: 'npm packages and Node 24', work: installPackages },
  { title: 'Python environment', work: makePythonEnvironment },
  { title: 'sandbox program', work: installSandbox },
]

/** Runs all steps; false when one failed, which it has then explained. */
export async function setUp() {
  if (!isWritable(ROOT)) {
    process.stderr.write(`error: this checkout may not be written by you\n  ${ROOT}\nfix: clone it into a folder of yours\n`)
    return false
  }
  const startedAt = performance.now()
  const count = STEPS.length + 1
  for (const [index, { title, work }] of STEPS.entries()) {
    const step = openStep(`set-up ${index + 1}/${count}: ${title}`)
    const failure = await work(step.progress, step.finish)
    if (failure) {
      step.fail(failure)
      return false
    }
  }
  openStep(`set-up ${count}/${count}: everything is there`, startedAt).finish('done')
  return true
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

async function installPackages(progress, finish) {
  const hash = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
  const isDone = existsSync(STAMP) && readFileSync(STAMP, 'utf8').trim() === hash && existsSync(join(BIN, 'node'))
  if (isDone) return finish('ready')
  progress('npm ci')
  // The tools in node_modules go away while this runs, so npm must not find its Node there.
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== BIN)
  const env = { ...process.env, PATH: path.join(delimiter) }
  const command = ['npm', 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=warn']
  const npm = await runLogged('npm', command, env, () => {})
  if (npm.code !== 0) {
    // npm gives its reason first and pages of hints after it.
    const lines = npm.lines.filter((line) => /^npm error (?! *at )/.test(line)).slice(0, 6)
    return { ...npm, lines, message: 'npm could not install the packages', fix: 'check the network and the registry, then again' }
  }
  const node = spawnSync(join(BIN, 'node'), ['--version'], { encoding: 'utf8' })
  if (node.status !== 0) return { ...npm, message: 'npm installed no Node 24', fix: 'allow its install script: npm rebuild node' }
  writeFileSync(STAMP, hash)
  return finish(`installed, Node ${node.stdout.trim()}`)
}

async function makePythonEnvironment(progress, finish) {
  const command = [join(BIN, 'node'), join(ROOT, 'scripts', 'python-environment.ts'), '--dev']
  const made = await runLogged('python', command, ENVIRONMENT, progress)
  if (made.code === 0) return finish('ready')
  return { ...made, message: 'the Python environment could not be made', fix: 'see the log' }
}

async function installSandbox(progress, finish) {
  if (hasSandbox()) return finish('ready')
  const command = 'apt-get install -y bubblewrap'
  const mayInstall = process.platform === 'linux' && process.getuid() === 0 && spawnSync('apt-get', ['--version']).status === 0
  if (!mayInstall) {
    const hint = process.platform === 'linux' ? `to install it: sudo ${command}` : 'there is none for this system yet'
    return finish(`bubblewrap is missing, tests that need it are skipped (with IMPROVE_REQUIRE_SANDBOX=1 they fail); ${hint}`)
  }
  progress(command)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const done = await runLogged('sandbox', ['sh', '-c', `apt-get -q update && ${command.replace('-y', '-q -y')}`], env, () => {})
  if (done.code !== 0 || !hasSandbox())
    return { ...done, message: 'apt-get could not install bubblewrap', fix: `apt-get update && ${command}` }
  return finish('installed')
}

function hasSandbox() {
  return spawnSync('bwrap', ['--version']).status === 0
}

/** Runs a program with no stdin. Its output goes to a log file, its stdout line by line to `onLine`, its last lines are returned. */
function runLogged(name, [program, ...args], env, onLine) {
  mkdirSync(LOGS, { recursive: true })
  const logFile = join(LOGS, `${name}.log`)
  const log = openSync(logFile, 'w')
  const lines = []
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      writeSync(log, line + '\n')
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      if (input === child.stdout) onLine(line)
    })
  }
  // Interrupted: nothing may go on working behind the user's back. The next set-up goes on.
  const stop = () => {
    child.kill()
    process.exit(130)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, stop)
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 1, lines: [error.message], logFile }))
    child.on('close', (code) => resolve({ code, lines, logFile }))
  }).finally(() => {
    for (const signal of signals) process.off(signal, stop)
    closeSync(log)
  })
}
