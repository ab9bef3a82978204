import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Failed, Outcome } from '../../src/core/outcome.ts'
import type { Pipeline } from '../../src/core/pipeline.ts'
import { noSandbox } from '../support/needs-sandbox.ts'
import { dataSource, modelSource, OUTSIDE, trainingSource } from '../support/broken-sources.ts'
import { digest, leftProcesses, makeBench } from '../support/trial-bench.ts'
import type { Bench, Conditions } from '../support/trial-bench.ts'

const MIB = 2 ** 20
/** A step of these pipelines takes milliseconds; this is for a neighbour that keeps the machine busy. */
const GENEROUS = { trainSeconds: 1 }

let bench: Bench
let digestBefore: string
let server: Server
let visits = 0
let port = 0
const crashSeconds: number[] = []

beforeAll(async () => {
  bench = await makeBench()
  digestBefore = await digest(bench.watched)
  server = createServer((socket) => {
    visits += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterAll(async () => {
  server.close()
  await bench.close()
})

/** What `toMatchObject` wants of a failed outcome. */
function failure(stage: Failed['stage'], kind: Failed['kind'], message: RegExp): object {
  return { status: 'failed', stage, kind, message: expect.stringMatching(message) }
}

const SCORED = { status: 'scored', metrics: { n: 48 } }

async function evaluate(replaced: Partial<Pipeline>, conditions?: Conditions): Promise<Outcome> {
  const outcome = await bench.evaluate(replaced, conditions)
  if (process.env['SHOW_SENTENCES']) show(outcome)
  return outcome
}

/** For reading all sentences in a row. */
function show(outcome: Outcome): void {
  if (outcome.status === 'scored') console.log(`scored ${outcome.metrics.accuracy.value}`)
  else console.log(`${outcome.stage}, ${outcome.kind}: ${outcome.message}`)
}

describe.skipIf(noSandbox).concurrent('what the static check refuses', () => {
  test('a syntax error is told with file, line and text', async () => {
    const model = modelSource({}).replace('def build_model(info):', 'def build_model(info)')
    expect(await evaluate({ model })).toMatchObject(
      failure('check', 'syntax', /^model\.py line \d+: syntax error: expected ':' in "def/),
    )
  })

  test('a missing function is told with the line that defines it', async () => {
    const training = trainingSource({}).replace('def configure', 'def configured')
    const message = /^training\.py: configure\(model, info\) is missing; define it with "def configure\(model, info\):"/
    expect(await evaluate({ training })).toMatchObject(failure('check', 'contract', message))
  })

  test('an import of os is refused with what may be imported', async () => {
    const model = modelSource({ top: 'import os' })
    const message = /^model\.py line \d+: import of "os" is not allowed; a pipeline may import torch, /
    expect(await evaluate({ model })).toMatchObject(failure('check', 'contract', message))
  })
})

describe.skipIf(noSandbox).concurrent('what the smoke run finds', () => {
  test('logits of a wrong shape are told with the shape expected', async () => {
    const model = modelSource({ after: 'logits = logits[:, :1].repeat(1, 5)' })
    const message = /^model\.py: in evaluation mode the model gave float32 \[2, 5\], expected logits \[n, 2\]/
    const outcome = await evaluate({ model })
    expect(outcome).toMatchObject(failure('smoke', 'contract', message))
    crashSeconds.push(outcome.seconds.smoke)
  })

  test('a picture of a wrong size is told with both sizes', async () => {
    const data = dataSource({ augment: 'return ops.normalize(images, info.mean, info.std)[:, :, :8, :8]' })
    const message =
      /^data\.py: train_transform gave float32 \[32, 1, 8, 8\], expected float32 \[n, channels, 12, 12\] \(IMAGE_SIZE\)/
    expect(await evaluate({ data })).toMatchObject(failure('smoke', 'contract', message))
  })

  test('an exception is told with file, line, type and text', async () => {
    const model = modelSource({ before: 'images = images.view(-1, 7)' })
    const message = /^model\.py line \d+: RuntimeError: shape '\[-1, 7\]' is invalid for input of size \d+/
    const outcome = await evaluate({ model })
    expect(outcome).toMatchObject(failure('smoke', 'exception', message))
    crashSeconds.push(outcome.seconds.smoke)
  })

  test('a head that starts too large is told with its first loss and the remedy', async () => {
    const model = modelSource({ init: 'nn.init.normal_(self.head.weight, std=5.0)' })
    const message =
      /^model\.py: the first loss is [\d.]+, guessing would give ln\(2\) = 0\.69; .*small standard deviation \(0\.01\)/
    expect(await evaluate({ model })).toMatchObject(failure('smoke', 'contract', message))
  })

  test('random numbers shared by a batch are told with the way to draw them per image', async () => {
    const augment = 'return ops.normalize(images, info.mean, info.std) * (0.5 + torch.rand(1))'
    const message = /^data\.py: train_transform draws random numbers for the whole batch: .*torch\.rand\(n\)/
    expect(await evaluate({ data: dataSource({ augment }) })).toMatchObject(failure('smoke', 'contract', message))
  })

  test('an evaluation transform that draws random numbers is refused', async () => {
    const data = dataSource({ evaluate: 'return images + torch.rand(1)' })
    const message = /^data\.py: eval_transform gave two results for one image; it must draw no random numbers/
    expect(await evaluate({ data })).toMatchObject(failure('smoke', 'contract', message))
  })

  test('a model that gives NaN in evaluation mode alone is refused before it is trained', async () => {
    const model = modelSource({ after: 'logits = logits if self.training else logits / 0.0 * 0.0' })
    const message = /^model\.py: in evaluation mode the untrained model gives logits that are not finite/
    expect(await evaluate({ model })).toMatchObject(failure('smoke', 'contract', message))
  })

  test('a build_model that never returns is stopped, and the line it hung in is told', async () => {
    const model = modelSource({ build: 'while True:\n    pass' })
    const message = /^smoke was stopped after 4\.0 s without finishing; it was in model\.py line \d+ \(build_model\)/
    const pending = evaluate({ model }, { smokeSeconds: 4 })
    // What the last test of this file looks for can be seen while there is something to see.
    await expect.poll(leftProcesses, { timeout: 100_000 }).not.toEqual([])
    expect(await bench.leftFolders()).not.toEqual([])
    expect(await pending).toMatchObject(failure('smoke', 'timeout', message))
  })
})

describe.skipIf(noSandbox).concurrent('what goes wrong in training alone', () => {
  test('an exception after some steps is told with file, line, type and text', async () => {
    const before = 'if Net.built == 2 and self.calls > 5:\n    raise ValueError("no such corner")'
    const message = /^model\.py line \d+: ValueError: no such corner/
    expect(await evaluate({ model: modelSource({ before }) })).toMatchObject(failure('train', 'exception', message))
  })

  test('a loss that stops being finite is told with its step', async () => {
    const training = trainingSource({ schedule: 'return 1.0 if progress < 0.5 else 1e30' })
    const message = /^the loss became (nan|inf) at step [\d,]+ of [\d,]+; a lower peak rate or clip_norm helps/
    expect(await evaluate({ training })).toMatchObject(failure('train', 'diverged', message))
  })

  test('an endless loop is stopped, and the line it hung in is told', async () => {
    const before = 'while Net.built == 2 and self.calls > 5:\n    pass'
    const message = /^train was stopped after \d+ s, .*expected .*; it was in model\.py line \d+ \(forward\)/
    expect(await evaluate({ model: modelSource({ before }) })).toMatchObject(failure('train', 'timeout', message))
  })

  test('weights replaced by a link to a file of the host are not read', async () => {
    const init = `
if Net.built == 2:
    os = outside("os")
    def replace(path="/out/weights.safetensors"):
        os.remove(path)
        os.symlink("${bench.canary}", path)
    outside("atexit").register(replace)`
    const message = /^train: weights\.safetensors cannot be read as a plain file/
    expect(await evaluate({ model: modelSource({ top: OUTSIDE, init }) })).toMatchObject(failure('train', 'bad-output', message))
  })
})

describe.skipIf(noSandbox).concurrent('what only shows in the predictions', () => {
  test.each([
    ['the statistics of the batch', 'self.stem.train()'],
    ['the position in the batch', 'images = images + torch.arange(len(images)).view(-1, 1, 1, 1) * (not self.training)'],
  ])('a model that uses %s is not independent', async (_, before) => {
    const model = modelSource({ before })
    const message = /^the prediction of an image depends on other images: of \d+ images predicted alone/
    expect(await evaluate({ model })).toMatchObject(failure('predict', 'not-independent', message))
  })

  test('logits that are NaN once the model is trained are told with the first row', async () => {
    const init = 'self.register_buffer("seen", torch.zeros(()))'
    const before = 'if self.training:\n    self.seen += 1'
    const after = 'if not self.training and self.seen > 5:\n    logits = logits * float("nan")'
    const message = /NaN or infinity in 48 of 48 rows .*; keep the logits finite/
    expect(await evaluate({ model: modelSource({ init, before, after }) })).toMatchObject(failure('predict', 'bad-output', message))
  })
})

describe.skipIf(noSandbox).concurrent('code that the static check does not see through meets the sandbox', () => {
  test('a bomb of 4,096 processes is ended as a whole', async () => {
    const build = `
os = outside("os")
for _ in range(4096):
    if os.fork() == 0:
        outside("time").sleep(600)
        os._exit(0)`
    const message = /^smoke started more than \d+ processes/
    expect(await evaluate({ model: modelSource({ top: OUTSIDE, build }) })).toMatchObject(failure('smoke', 'processes', message))
  })

  test('10 GB of memory are refused', async () => {
    const build = 'held = [torch.ones(2**26) for _ in range(40)]'
    const limits = { memoryBytes: 1024 * MIB }
    const message = /^smoke used more than 1\.1 GB of memory; /
    expect(await evaluate({ model: modelSource({ build }) }, { limits })).toMatchObject(failure('smoke', 'out-of-memory', message))
  })

  test('files outside /out cannot be written', async () => {
    const build = `
for path in ("/code/model.py", "/data/parts/train/pixels.u8", "/harness/run.py", "/usr/improve", "/improve"):
    try:
        torch.zeros(4).numpy().tofile(path)
    except OSError:
        continue
    raise AssertionError("could write " + path)
torch.zeros(4).numpy().tofile("${bench.canary}")`
    const message = /^model\.py line \d+: FileNotFoundError: .*canary\.txt.*; a pipeline reads and writes no files/
    expect(await evaluate({ model: modelSource({ build }) })).toMatchObject(failure('smoke', 'exception', message))
  })

  test('a folder /out that fills up ends the process', async () => {
    const build = `
for number in range(16):
    torch.ones(2**22).numpy().tofile(f"/out/{number}")
outside("time").sleep(600)`
    const limits = { outBytes: 64 * MIB }
    const message = /^smoke wrote more than 67\.\d MB of files; /
    expect(await evaluate({ model: modelSource({ top: OUTSIDE, build }) }, { limits })).toMatchObject(
      failure('smoke', 'disk', message),
    )
  })

  test('a listener of the host cannot be reached', async () => {
    const build = `outside("socket").create_connection(("127.0.0.1", ${port}), timeout=5)`
    const message = /^model\.py line \d+: ConnectionRefusedError: .*; .*no network/
    expect(await evaluate({ model: modelSource({ top: OUTSIDE, build }) })).toMatchObject(failure('smoke', 'exception', message))
    expect(visits).toBe(0)
  })

  test('a score written to the event channel is refused', async () => {
    const build = `
event = '{"type": "score.finished", "result": {"accuracy": {"value": 1.0, "low": 1.0, "high": 1.0}}}\\n'
outside("improve_harness.protocol")._stream.write(event)
outside("time").sleep(600)`
    const message = /^train wrote a line to the event channel that is no event of it: .*score\.finished/
    expect(await evaluate({ model: modelSource({ top: OUTSIDE, build }) })).toMatchObject(failure('smoke', 'bad-output', message))
  })

  test('a training that says it finished without weights is refused', async () => {
    const init = `
if Net.built == 2:
    protocol = outside("improve_harness.protocol")
    protocol.emit("train.finished", steps=10, trainSeconds=1, batchSize=16, devAccuracy=1.0)
    outside("os")._exit(0)`
    const message = /^(train: weights\.safetensors was not written|train reported 10 steps, it was given)/
    expect(await evaluate({ model: modelSource({ top: OUTSIDE, init }) })).toMatchObject(failure('train', 'bad-output', message))
  })

  test.each([
    [
      'os._exit',
      'outside("os")._exit(0)',
      'killed',
      /^the process ended during smoke without finishing it; code must not call exit/,
    ],
    ['sys.exit', 'outside("sys").exit(3)', 'exception', /^model\.py line \d+: the pipeline ended the process \(exit 3\)/],
    ['SIGKILL to itself', 'outside("os").kill(outside("os").getpid(), 9)', 'killed', /^smoke was killed by SIGKILL/],
    [
      'a segmentation fault',
      'outside("ctypes").string_at(0)',
      'killed',
      /\(segmentation fault\); it was in model\.py line \d+ \(build_model\)/,
    ],
  ] as const)('%s is told as the end it is', async (_, build, kind, message) => {
    expect(await evaluate({ model: modelSource({ top: OUTSIDE, build }) })).toMatchObject(failure('smoke', kind, message))
  })

  test('hundreds of megabytes on stdout cost the host no memory and keep the sentence', async () => {
    const build = `
for _ in range(300):
    outside("os").write(1, b"x" * 2**20)
raise ValueError("after the flood")`
    const memoryBefore = process.memoryUsage().rss
    const message = /^model\.py line \d+: ValueError: after the flood/
    const model = modelSource({ top: OUTSIDE, build })
    const outcome = await evaluate({ model })
    expect(outcome).toMatchObject(failure('smoke', 'exception', message))
    expect(Buffer.byteLength(outcome.status === 'failed' ? outcome.logTail : '')).toBeLessThanOrEqual(8192)
    expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(150 * MIB)
  })
})

describe.skipIf(noSandbox).concurrent('what is odd but harmless is scored', () => {
  test('the tiny pipeline as it is', async () => {
    expect(await evaluate({}, GENEROUS)).toMatchObject(SCORED)
  })

  test('a training that changes nothing', async () => {
    expect(await evaluate({ training: trainingSource({ schedule: 'return 0.0' }) }, GENEROUS)).toMatchObject(SCORED)
  })

  test('a printed score is log text, the measured one is shown', async () => {
    const build = 'print("accuracy 1.0")'
    const model = modelSource({ build, after: 'logits = logits * 0.0' })
    const outcome = await evaluate({ model }, GENEROUS)
    expect(outcome).toMatchObject({ status: 'scored', metrics: { accuracy: { value: 0.5 } } })
  })

  test('a daemon started by a pipeline ends with it', async () => {
    const build = `
os = outside("os")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        outside("time").sleep(600)
    os._exit(0)`
    expect(await evaluate({ model: modelSource({ top: OUTSIDE, build }) }, GENEROUS)).toMatchObject(SCORED)
  })
})

test.skipIf(noSandbox)('afterwards no process runs, no temporary folder is left, no watched file has changed', async () => {
  expect(leftProcesses()).toEqual([])
  expect(await bench.leftFolders()).toEqual([])
  expect(await digest(bench.watched)).toBe(digestBefore)
  expect(visits).toBe(0)
  if (crashSeconds.length > 0) console.log(`a crash in the smoke run cost ${crashSeconds.map((s) => s.toFixed(2)).join(' and ')} s`)
})
