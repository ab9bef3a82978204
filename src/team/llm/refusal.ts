/** Nothing can be made of a reply; the message is one sentence or two that tell the model what to send instead. */
export class Refusal extends Error {}
