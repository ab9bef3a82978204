import { COMPONENTS } from '../../core/pipeline.ts'
import type { Component, Pipeline } from '../../core/pipeline.ts'
import { fileName } from './check-change.ts'
import { codeBlock } from './fence.ts'
import { outline } from './outline.ts'

/** Files as they are, for who may change them. */
export function filesText(pipeline: Partial<Pipeline>, components: readonly Component[] = COMPONENTS): string {
  return shown(pipeline, components, (source) => source)
}

/** Files for reading: without comments, each at most about `maxLength` characters long. */
export function outlinesText(pipeline: Partial<Pipeline>, components: readonly Component[], maxLength: number): string {
  return shown(pipeline, components, (source) => outline(source, maxLength))
}

export function othersThan(component: Component): Component[] {
  return COMPONENTS.filter((other) => other !== component)
}

function shown(pipeline: Partial<Pipeline>, components: readonly Component[], textOf: (source: string) => string): string {
  return components
    .flatMap((component) => {
      const source = pipeline[component]
      return source === undefined ? [] : [codeBlock(fileName(component), textOf(source))]
    })
    .join('\n')
}
