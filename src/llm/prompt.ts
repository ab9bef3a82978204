import type { Picture, Question, Turn } from '../core/language-model.ts'
import type { CallOptions, Endpoint } from './providers.ts'

type Prompt = CallOptions['prompt']
type UserContent = Extract<Prompt[number], { role: 'user' }>['content']

/** The question as the SDK's messages. What stays the same comes first, and Anthropic is told to keep it. */
export function promptOf(question: Question, endpoint: Endpoint, withSchema: boolean): Prompt {
  const instructions = instructionsOf(question, endpoint, withSchema)
  return [
    { role: 'system', content: instructions, providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } },
    ...question.turns.map((turn) => messageOf(turn, endpoint.capabilities.vision)),
  ]
}

/**
 * The three vendors show the model its schema themselves. Endpoints that speak OpenAI's language hold the sampling to it at best, so there
 * the model reads it here.
 */
function instructionsOf({ instructions, schema }: Question, { isVendor }: Endpoint, withSchema: boolean): string {
  if (schema === null || (isVendor && withSchema)) return instructions
  const demand = 'Reply with one JSON value that fits this JSON schema, and with nothing else:'
  return `${instructions}\n\n${demand}\n\n\`\`\`json\n${JSON.stringify(schema)}\n\`\`\``
}

function messageOf(turn: Turn, canSee: boolean): Prompt[number] {
  if (turn.from === 'model') return { role: 'assistant', content: [{ type: 'text', text: turn.text }] }
  const pictures = (turn.images ?? []).flatMap((picture, index) => pictureParts(picture, index + 1, canSee))
  return { role: 'user', content: [{ type: 'text', text: turn.text }, ...pictures] }
}

function pictureParts({ png, caption }: Picture, number: number, canSee: boolean): UserContent {
  if (!canSee) return [{ type: 'text', text: `Picture ${number} (left out, this model takes no pictures): ${caption}` }]
  return [
    { type: 'text', text: `Picture ${number}: ${caption}` },
    { type: 'file', mediaType: 'image/png', data: { type: 'data', data: png } },
  ]
}
