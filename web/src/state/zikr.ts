// A zikr as a form has it.
import type { Wire } from '../core/model'

export interface ZikrForm {
  name: string
  body: string
  description: string
  hint: string
  goal: number | null
}

export function newZikr(): ZikrForm {
  return { name: '', body: '', description: '', hint: '', goal: 33 }
}

/** wireZikr is a form as the server takes it: without what was left empty. */
export function wireZikr(form: ZikrForm): Wire['NewZikr'] {
  const { name, body, description, hint, goal } = form
  return {
    name: name.trim(),
    ...(body.trim() ? { body: body.trim() } : {}),
    ...(description.trim() ? { description: description.trim() } : {}),
    ...(hint.trim() ? { hint: hint.trim() } : {}),
    ...(goal ? { goal } : {}),
  }
}
