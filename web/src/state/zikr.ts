// A zikr as a form has it.
import type { Wire, Zikr } from '../core/model'

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

/** zikrForm is a zikr of a group, to be changed. */
export function zikrForm({ name, body, description, hint, goal }: Zikr): ZikrForm {
  return { name, body: body ?? '', description: description ?? '', hint: hint ?? '', goal }
}

/** changeOf is a form as the server takes it for a change: empty takes away. */
export function changeOf({ name, body, description, hint, goal }: ZikrForm): Record<string, unknown> {
  return { name: name.trim(), body: body.trim(), description: description.trim(), hint: hint.trim(), goal: goal ?? 0 }
}
