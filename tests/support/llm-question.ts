import type { Question } from '../../src/core/language-model.ts'

/** A question as a role would ask it. */
export function sampleQuestion(changes: Partial<Question> = {}): Question {
  return {
    role: 'analyst',
    trial: 3,
    instructions: 'You look for the bottleneck of an image classifier.',
    turns: [{ from: 'us', text: 'Accuracy on train 0.99, on dev 0.81. What limits it?' }],
    schema: null,
    maxOutputTokens: 400,
    ...changes,
  }
}
