// The commands of the repository: `node scripts/run.mjs setup|quickstart|check|test|bench|proof|build [args]`, usually through `npm run`.
// Plain JavaScript without dependencies, because it runs under the system's Node before anything is installed. After the
// set-up everything else runs under the Node that the set-up brought.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { BIN, ENVIRONMENT, ROOT, setUp } from './setup.mjs'

const QUICKSTART = ['run', join('examples', 'fashion.zip'), '--time', '5m', '--about', 'product photos of clothes and shoes']
const TAKE_ARGUMENTS = ['bench', 'proof', 'quickstart']

const COMMANDS = {
  setup: null,
  quickstart: (args) => [join(BIN, 'node'), join(ROOT, 'bin', 'improve.mjs'), ...QUICKSTART, ...args],
  check: () => [join(BIN, 'node'), join(ROOT, 'scripts', 'check.ts'), 'fast'],
  test: () => [join(BIN, 'node'), join(ROOT, 'scripts', 'check.ts'), 'all'],
  bench: (args) => [join(BIN, 'node'), join(ROOT, 'benchmarks', 'run.ts'), ...args],
  proof: (args) => [join(BIN, 'node'), join(ROOT, 'proof', 'run.ts'), ...args],
  build: () => [join(BIN, 'node'), join(ROOT, 'scripts', 'build.ts')],
}

async function main([name, ...args]) {
  if (!Object.hasOwn(COMMANDS, name ?? '')) return refuse(`no command "${name ?? ''}"`)
  if (args.length > 0 && !TAKE_ARGUMENTS.includes(name)) return refuse(`${name} takes no arguments, got "${args.join(' ')}"`)
  if (!(await setUp())) {
    // Whoever reads the summary line of `test` must not take a broken set-up for an empty success.
    if (name === 'test') console.log('0 passed, 1 failed')
    return 1
  }
  return COMMANDS[name] === null ? 0 : run(COMMANDS[name](args))
}

/** Runs a program in the foreground and returns its exit code. */
function run([program, ...args]) {
  const child = spawn(program, args, { cwd: ROOT, env: ENVIRONMENT, stdio: 'inherit' })
  // A terminal sends Ctrl-C to the child as well; this process waits for the child's own ending.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 130))
  })
}

function refuse(message) {
  console.error(`error: ${message}\nfix: node scripts/run.mjs ${Object.keys(COMMANDS).join('|')}`)
  return 2
}

process.exitCode = await main(process.argv.slice(2))
