import { COMPONENTS } from '../../core/pipeline.ts'
import type { Component, Pipeline } from '../../core/pipeline.ts'
import { fileName } from './check-change.ts'
import { codeBlock } from './fence.ts'
import { withoutComments } from './normal-code.ts'

/** Files as they are, for who may change them. */
export function filesText(pipeline: Partial<Pipeline>, components: readonly Component[] = COMPONENTS): string {
  return shown(pipeline, components, (source) => source)
}

/** Files for reading: comments and docstrings are left out. */
export function briefFilesText(pipeline: Partial<Pipeline>, components: readonly Component[] = COMPONENTS): string {
  return shown(pipeline, components, withoutComments)
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
