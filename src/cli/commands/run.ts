import { Command, Option } from '@commander-js/extra-typings'
import { KEEP_MODES } from '../../core/decision.ts'
import { METRIC_NAMES } from '../../core/outcome.ts'
import { STRATEGY_NAMES } from '../../core/run-spec.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../print-error.ts'
import {
  collectComponent,
  parseCount,
  parseDuration,
  parseMetric,
  parseMoney,
  parseRepairs,
  parseSeed,
  parseSeconds,
  parseTarget,
  parseTimes,
  parseTokens,
} from '../options.ts'
import { startRun } from '../start-run.ts'

export function runCommand(context: Context) {
  return new Command('run')
    .description('Refine a pipeline on your images, one component at a time; the same command again goes on')
    .argument('<dataset>', 'folder with one folder of images per class, or a zip of it')
    .addOption(timeOption())
    .option('--wall <duration>', 'hard limit on everything, waits included', parseDuration)
    .option('--trials <n>', 'proposals at most', parseCount)
    .option('--train-seconds <n>', 'seconds of training of one trial (default: from time and images)', parseSeconds)
    .option('--target <metric>', 'end when val reaches this, such as 0.95', parseTarget)
    .option('--patience <n>', 'rejected proposals in a row that count as a plateau', parseCount, 10)
    .option('--metric <name>', METRIC_NAMES.join(', '), parseMetric, 'accuracy')
    .option('--about <text|file>', 'what the images show, in your words')
    .option('--groups <regex|file>', 'keep together what this pattern or CSV file (path,group) puts in one group')
    .addOption(new Option('--strategy <name>', 'who decides what is tried').choices(STRATEGY_NAMES).default('iterative' as const))
    .addOption(
      new Option('--pick <who>', 'who names the component')
        .choices(['analyst', 'round-robin'] as const)
        .default('analyst' as const),
    )
    .option('--best-of <n>', 'zero-shot: independent answers, of which the best on val is taken (default: 1)', parseCount)
    .addOption(
      new Option('--preset <name>', 'the protocol of the paper: 20 proposals, bare >, no repair').choices(['paper'] as const),
    )
    .option('--pin <component>', 'change only this: data, model or training (may be given again)', collectComponent)
    .option('--freeze <component>', 'leave this as it is (may be given again)', collectComponent)
    .addOption(new Option('--keep <rule>', 'when a change is kept').choices(KEEP_MODES).default('balanced' as const))
    .option('--leave-out <set>', 'do without what the playbook measured on this image set (to judge it there)')
    .option('--init <start>', 'architect, plain (a tutorial pipeline), or step-by-step (--llm: file by file)', 'architect')
    .option('--llm <model>', 'let a language model play the team: PROVIDER:MODEL, or replay:RUN (see below)')
    .option('--llm-architect <model>', 'another model for the Project Architect')
    .option('--llm-analyst <model>', 'another model for the Performance Analyst')
    .option('--llm-data <model>', 'another model for the Data Engineer')
    .option('--llm-model <model>', 'another model for the Model Engineer')
    .option('--llm-training <model>', 'another model for the Training Engineer')
    .option('--base-url <url>', 'address of an OpenAI-compatible endpoint')
    .addOption(new Option('--llm-timeout <duration>', 'wait so long for one answer').argParser(parseDuration).default(900, '15m'))
    .option('--max-usd <money>', 'ask no more before the answers cost more than this', parseMoney)
    .option('--max-tokens <n>', 'ask no more before more tokens than this are used', parseTokens)
    .addOption(
      new Option('--fallback <team>', 'who goes on when the provider is gone (default: the run pauses)').choices([
        'playbook',
      ] as const),
    )
    .option('--historian', 'a language model sums up the past for the Analyst (an ablation)')
    .option('--no-dataset-info', 'a language model is told nothing of what the images are (an ablation)')
    .option('--repairs <n>', 'how often a language model may mend what failed', parseRepairs, 2)
    .option('--refit', 'train the best once more on all images but the test (default below 20,000 images)')
    .option('--refit-times <n>', 'steps of the refit against those of a trial (default: from time, 1 to 4)', parseTimes)
    .option('--no-refit', 'ship the model that was scored')
    .option('--seed <n>', 'seed of everything', parseSeed, 0)
    .option('--out <dir>', 'where the run folder is made', 'improve-runs')
    .option('--unsafe-no-sandbox', 'run code without a sandbox: it can read and change your files')
    .option('--json', 'print events as JSON lines')
    .helpOption('-h, --help', 'print help')
    .addHelpText(
      'after',
      '\nExamples:\n  improve run ./my-images\n  improve run ./my-images --time 2h --about "leaves of tomato plants"\n  improve run ./my-images --llm openai:MODEL --max-usd 5' +
        '\n  improve run ./my-images --llm local:MODEL --base-url http://127.0.0.1:8080/v1' +
        '\n\nProviders: openai, anthropic, google, openrouter (a key from OPENAI_API_KEY and\nso on, or from the file that OPENAI_API_KEY_FILE names), ollama, lmstudio, vllm,\nlocal. replay:RUN gives the recorded answers of a run again.',
    )
    .action(async (dataset, options) => {
      const isDone = await startRun({ dataset, ...options }, context)
      if (!isDone) context.exit.code = EXIT.failed
    })
}

function timeOption() {
  return new Option('--time <duration>', 'active time from start to end, such as 90s, 20m, 2h')
    .argParser(parseDuration)
    .default(1200, '20m')
}
