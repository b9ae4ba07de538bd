// The server's description of itself, openapi.json and asyncapi.json, against what it answers and tells.

const kinds = {
  array: Array.isArray,
  boolean: (v) => typeof v === 'boolean',
  integer: Number.isSafeInteger,
  null: (v) => v === null,
  number: (v) => typeof v === 'number',
  object: (v) => v !== null && typeof v === 'object' && !Array.isArray(v),
  string: (v) => typeof v === 'string',
}
const formats = { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, date: /^\d{4}-\d\d-\d\d$/ }
// what the documents use of JSON Schema; of anything else a check would say nothing
const known = new Set([
  '$ref', 'additionalProperties', 'default', 'description', 'enum', 'examples', 'format', 'items', 'maxItems', 'maxLength',
  'maximum', 'minItems', 'minLength', 'minimum', 'oneOf', 'properties', 'required', 'type',
])

export class Documents {
  static async of(server) {
    const [openapi, asyncapi] = await Promise.all(['openapi', 'asyncapi'].map((name) => fetch(`${server.url}/${name}.json`).then((r) => r.json())))
    return new Documents(openapi, asyncapi)
  }

  constructor(openapi, asyncapi) {
    Object.assign(this, { openapi, asyncapi })
  }

  // answered says what of an answer to an operation, like "GET /me", is not as it is described, or undefined.
  answered(operation, { status, headers, body, text }) {
    const [method, path] = operation.split(' ')
    const { responses } = this.openapi.paths[`/api/v1${path}`][method.toLowerCase()]
    const response = responses[status]
    if (!response) return `the status ${status} is not described, but ${Object.keys(responses)}`
    if (!response.content) return text === '' ? undefined : `${status} is described without a body: ${text}`
    const type = headers.get('content-type').split(';')[0]
    const content = response.content[type]
    if (!content) return `${type} is not described, but ${Object.keys(response.content)}`
    if (status >= 400 && !content.examples[body.code]) return `${body.code} is not described for ${status}, but ${Object.keys(content.examples)}`
    return body && misfit(this.openapi, content.schema, body)
  }

  // told says what of an event's payload is not as it is described, or undefined.
  told(event, payload) {
    return misfit(this.asyncapi, this.asyncapi.components.messages[event].payload, payload)
  }

  // acked says the same of an acknowledgement.
  acked(event, ack) {
    return misfit(this.asyncapi, this.asyncapi.components.schemas[`ack.${event}`], ack)
  }
}

// misfit says what of a value does not fit a schema of a document, or undefined. A field that no schema names is a misfit too.
export function misfit(document, schema, value, at = 'it') {
  const strange = Object.keys(schema).find((word) => !known.has(word))
  if (strange) throw new Error(`${strange} of a schema is not understood here`)
  if (schema.$ref) return misfit(document, lookup(document, schema.$ref), value, at)
  if (schema.oneOf) return oneMisfit(document, schema.oneOf, value, at)
  const types = [schema.type ?? Object.keys(kinds)].flat()
  if (!types.some((type) => kinds[type](value))) return `${at} is no ${types}: ${JSON.stringify(value)}`
  if (schema.enum && !schema.enum.includes(value)) return `${at} is none of ${schema.enum}: ${JSON.stringify(value)}`
  if (kinds.string(value)) return stringMisfit(schema, value, at)
  if (kinds.number(value)) return outside(schema.minimum, schema.maximum, value, `${at} is`)
  if (kinds.array(value)) return arrayMisfit(document, schema, value, at)
  if (kinds.object(value) && schema.type) return objectMisfit(document, schema, value, at)
}

function lookup(document, ref) {
  return ref.slice(2).split('/').reduce((part, step) => part[step], document)
}

function oneMisfit(document, schemas, value, at) {
  const misfits = schemas.map((one) => misfit(document, one, value, at))
  return misfits.includes(undefined) ? undefined : misfits.join('; or ')
}

function outside(least, most, value, what) {
  return value < least || value > most ? `${what} ${value}, and should be from ${least} to ${most}` : undefined
}

function stringMisfit({ minLength, maxLength, format }, value, at) {
  if (formats[format] && !formats[format].test(value)) return `${at} is no ${format}: ${value}`
  return outside(minLength, maxLength, [...value].length, `the length of ${at} is`)
}

function arrayMisfit(document, { items, minItems, maxItems }, value, at) {
  const wrong = value.map((item, i) => misfit(document, items, item, `${at}[${i}]`)).find(Boolean)
  return wrong ?? outside(minItems, maxItems, value.length, `the number of ${at} is`)
}

function objectMisfit(document, { properties = {}, required = [] }, value, at) {
  const missing = required.find((name) => !(name in value))
  if (missing) return `${at}.${missing} is missing`
  const more = Object.keys(value).find((name) => !properties[name])
  if (more) return `${at}.${more} is not described`
  return Object.keys(value).map((name) => misfit(document, properties[name], value[name], `${at}.${name}`)).find(Boolean)
}
