// Why what is in a field cannot be sent: said below it, in the language of the app, until it can. A browser says it
// in its own language, in a bubble that is gone in seconds.
import { tick } from 'svelte'
import { dateOf } from '../core/days'
import { text } from './text.svelte'

const FIELDS = ':is(input, select, textarea)'
let said = 0

/** watchFields speaks for the fields of every form that there is, or will be. What it returns ends it. */
export function watchFields(): () => void {
  const refused = (event: Event): void => {
    event.preventDefault() // else the browser speaks
    say(event.target as HTMLInputElement)
  }
  // Later, since what a field needs may depend on another.
  const changed = (): void => void tick().then(look)
  const listeners = { invalid: refused, input: changed, submit: changed }
  // All at the document, on the way down: "invalid" does not come up again.
  for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener, true)
  const end = $effect.root(() => {
    $effect(() => {
      void text.w // another language
      look()
    })
  })
  return () => {
    end()
    for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener, true)
  }
}

/** say says what is wrong with a field. The first of its form gets the focus, also where it was folded away. */
function say(field: HTMLInputElement): void {
  const line = lineOf(field)
  line.textContent = reason(field)
  if (field !== field.form?.querySelector(`${FIELDS}:invalid`)) return
  for (let folded = field.closest('details'); folded; folded = folded.parentElement?.closest('details') ?? null) folded.open = true
  field.focus()
  line.scrollIntoView({ block: 'nearest' })
}

/** look says anew what is wrong, and nothing more of what is not. */
function look(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>(`${FIELDS}[aria-invalid]`)) {
    const line = lineOf(field)
    if (field.validity.valid) {
      line.remove()
      field.removeAttribute('aria-invalid')
      field.removeAttribute('aria-describedby')
    } else line.textContent = reason(field)
  }
}

/** lineOf is the line that is said of a field. Who listens hears it with the field, and not as its name. */
function lineOf(field: HTMLInputElement): HTMLElement {
  const known = document.getElementById(field.getAttribute('aria-describedby') ?? '')
  if (known) return known
  const line = document.createElement('span')
  line.id = `said-${++said}`
  line.className = 'amiss'
  line.setAttribute('aria-hidden', 'true')
  field.setAttribute('aria-describedby', line.id)
  field.setAttribute('aria-invalid', 'true')
  ;(field.closest('.field') ?? field.parentElement)?.append(line)
  return line
}

/** reason is why the browser will not send what is in a field. */
function reason({ type, validity, min, max, minLength }: HTMLInputElement): string {
  const w = text.w.fields
  const day = (bound: string): string => text.f.date(dateOf(bound))
  const date = type === 'date'
  if (validity.badInput) return date ? w.date : w.number
  if (validity.valueMissing) return w.missing
  if (validity.typeMismatch && type === 'email') return w.email
  if (validity.tooShort) return w.short(minLength)
  if (validity.rangeUnderflow) return date ? w.from(day(min)) : w.least(Number(min))
  if (validity.rangeOverflow) return date ? w.until(day(max)) : w.most(Number(max))
  if (validity.stepMismatch) return w.whole
  return text.error('invalid_payload')
}
