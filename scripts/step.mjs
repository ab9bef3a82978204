// One line of the set-up: on a terminal it is rewritten as the work goes on, elsewhere what is new follows below it.

const HEARTBEAT_MILLISECONDS = 15_000

/** Opens the line `title …`. Exactly one of `finish` and `fail` closes it, with the seconds it took. */
export function openStep(title, startedAt = performance.now()) {
  const isTerminal = process.stderr.isTTY
  let last = ''
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
  const show = (text) => process.stderr.write(isTerminal ? `\r\x1b[K${fit(`${title} … ${text}`)}` : `  ${text}\n`)
  const heartbeat = setInterval(() => last && show(`${last}, ${seconds()}`), isTerminal ? 1000 : HEARTBEAT_MILLISECONDS)
  const close = (text) => {
    clearInterval(heartbeat)
    process.stderr.write(`${isTerminal ? '\r\x1b[K' : ''}${title} … ${text}, ${seconds()}\n`)
  }
  return {
    progress: (text) => {
      if (last === '' && !isTerminal) process.stderr.write(`${title} …\n`)
      last = text
      heartbeat.refresh()
      show(text)
    },
    finish: close,
    /** `lines` are the last of the log; a program that explains itself ends them with "error: …" and what follows. */
    fail: ({ message, lines, logFile, fix }) => {
      close('failed')
      const explained = lines.findIndex((line) => line.startsWith('error: '))
      const told = explained < 0 ? [`error: ${message}`, ...lines.slice(-12).map((line) => `  ${line}`)] : lines.slice(explained)
      if (explained < 0) told.push(`  log  ${logFile}`, `fix: ${fix}`)
      process.stderr.write(told.map((line) => line + '\n').join(''))
    },
  }
}

function fit(text) {
  return text.slice(0, (process.stderr.columns || 80) - 1)
}
