import { ensurePythonEnvironment } from '../src/harness/python-environment.ts'
import { ImproveError } from '../src/core/errors.ts'

/** Makes the harness's Python environment and prints its progress; what went wrong goes to stderr. `--dev` adds the checkers. */
async function main(args: readonly string[]): Promise<void> {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => controller.abort())
  try {
    const onProgress = (line: string) => console.log(line)
    await ensurePythonEnvironment({ dev: args.includes('--dev'), onProgress, signal: controller.signal })
  } catch (error) {
    if (controller.signal.aborted) process.exitCode = 130
    else if (error instanceof ImproveError) fail(error)
    else throw error
  }
}

function fail(error: ImproveError): void {
  const lines = [
    `error: ${error.message}`,
    ...error.evidence.map((line) => `  ${line}`),
    ...(error.fix ? [`fix: ${error.fix}`] : []),
  ]
  process.stderr.write(lines.join('\n') + '\n')
  process.exitCode = 1
}

await main(process.argv.slice(2))
