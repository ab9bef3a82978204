import { COMPONENTS } from '../../core/pipeline.ts'
import type { Component, Pipeline } from '../../core/pipeline.ts'
import { fileName } from './check-change.ts'
import { codeBlock } from './fence.ts'
import { outlines } from './outline.ts'

/** Files as they are, for who may change them. */
export function filesText(pipeline: Partial<Pipeline>, components: readonly Component[] = COMPONENTS): string {
  return components
    .flatMap((component) => {
      const source = pipeline[component]
      return source === undefined ? [] : [codeBlock(fileName(component), source)]
    })
    .join('\n')
}

/** Files for reading: without comments, together at most about `maxLength` characters long. */
export function outlinesText(pipeline: Pipeline, components: readonly Component[], maxLength: number): string {
  const texts = outlines(
    components.map((component) => pipeline[component]),
    maxLength,
  )
  return components.map((component, index) => codeBlock(fileName(component), texts[index] ?? '')).join('\n')
}

export function othersThan(component: Component): Component[] {
  return COMPONENTS.filter((other) => other !== component)
}
