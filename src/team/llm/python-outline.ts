/** What stands at the surface of a Python file of ours: signatures, fields, and the first sentences that are said of them. */

export type PythonFunction = { readonly name: string; readonly signature: string; readonly doc: string }

export type PythonClass = {
  readonly name: string
  readonly signature: string
  readonly doc: string
  readonly fields: readonly { readonly name: string; readonly text: string; readonly doc: string }[]
  readonly methods: readonly PythonFunction[]
}

const FUNCTION = /^def ([a-z]\w*)\(([^]*?)\)(?: -> [^\n]*)?:\n/gm
const METHOD = /^ {4}def (__init__|[a-z]\w*)\(\s*self,?\s*([^]*?)\)(?: -> ([^\n:]*))?:\n/gm
const CLASS = /^class (\w+)[^\n]*:\n((?:(?: {4}[^\n]*)?\n)*)/gm
const FIELD = /^ {4}([a-z_]\w*): ([^\n]+)\n(?: {4}"""([^]*?)""")?/gm

export function docstringOf(source: string): string {
  const doc = /^\s*"""([^]*?)"""/.exec(source)?.[1]
  if (doc === undefined) throw new Error('a Python file begins with no docstring')
  return doc.trim()
}

export function listedNames(source: string): string[] {
  const body = /^__all__ = \[([^\]]*)\]/m.exec(source)?.[1]
  if (body === undefined) throw new Error('a Python file has no __all__')
  return [...body.matchAll(/"(\w+)"/g)].map((match) => match[1] ?? '')
}

export function readFunctions(source: string): PythonFunction[] {
  return [...source.matchAll(FUNCTION)].map((match) => {
    const [whole, name = '', parameters = ''] = match
    const doc = firstParagraph(source.slice(match.index + whole.length), 4)
    return { name, signature: `${name}(${plainParameters(parameters)})`, doc }
  })
}

export function readClasses(source: string): PythonClass[] {
  return [...source.matchAll(CLASS)].map(([, name = '', body = '']) => {
    const methods = [...body.matchAll(METHOD)].map((match) => {
      const [whole, method = '', parameters = '', returns = ''] = match
      const doc = firstParagraph(body.slice(match.index + whole.length), 8)
      const call = isProperty(body, match.index) ? method : `${method}(${plainParameters(parameters)})`
      return { name: method, signature: returns === '' || call.endsWith(')') ? call : `${call}: ${returns}`, doc }
    })
    const init = methods.find((method) => method.name === '__init__')
    const isData = /^@dataclass[^\n]*\n$/m.test(
      source
        .slice(0, source.indexOf(`class ${name}`))
        .split('\n')
        .slice(-2)
        .join('\n'),
    )
    return {
      name,
      signature: init === undefined ? name : init.signature.replace('__init__', name),
      doc: firstParagraph(body, 4),
      fields: isData ? fieldsOf(body) : [],
      methods: methods.filter((method) => method.name !== '__init__' && method.name !== 'forward'),
    }
  })
}

function fieldsOf(body: string): PythonClass['fields'] {
  return [...body.matchAll(FIELD)]
    .filter(([, , type = '', doc = '']) => !type.includes('field(') && !doc.includes('called by'))
    .map(([, name = '', type = '', doc = '']) => ({ name, text: `${name}: ${type}`, doc: oneLine(doc).replace(/\.$/, '') }))
}

function isProperty(body: string, index: number): boolean {
  return body.slice(0, index).endsWith('@property\n')
}

/** The first paragraph of the docstring that a body begins with; empty where there is none. */
function firstParagraph(body: string, indent: number): string {
  const doc = new RegExp(`^ {${indent}}"""([^]*?)"""`).exec(body)?.[1] ?? ''
  return oneLine(doc.split(/\n\s*\n/)[0] ?? '')
    .replace(/ \([^()]*arXiv [^()]*\)/, '')
    .replace(/\.$/, '')
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** Names and defaults; what the types are, the docstrings say. */
function plainParameters(parameters: string): string {
  return splitAtCommas(oneLine(parameters))
    .map((parameter) => /^(\*{0,2}\w+)(?:: [^=]*?)?(?: ?= ?(.*))?$/.exec(parameter))
    .flatMap((match) => (match === null ? [] : [match[2] === undefined ? (match[1] ?? '') : `${match[1]}=${match[2]}`]))
    .join(', ')
}

function splitAtCommas(text: string): string[] {
  const parts: string[] = []
  let [depth, from] = [0, 0]
  for (let place = 0; place < text.length; place++) {
    const char = text[place] as string
    if ('([{'.includes(char)) depth++
    else if (')]}'.includes(char)) depth--
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(from, place).trim())
      from = place + 1
    }
  }
  return [...parts, text.slice(from).trim()].filter((part) => part !== '')
}
