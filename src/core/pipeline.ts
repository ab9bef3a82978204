/** The three files of a pipeline, in the order in which images flow through them. */
export const COMPONENTS = ['data', 'model', 'training'] as const
export type Component = (typeof COMPONENTS)[number]

/** A pipeline is the source text of its components. */
export type Pipeline = Readonly<Record<Component, string>>
