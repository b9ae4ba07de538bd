// Days, as a person has them: by the clock of this device.

/** dayOf is the date of a moment, like 2026-01-31. */
export function dayOf(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** dayBefore is the date some days before another. */
export function dayBefore(at: Date, days: number): string {
  return dayOf(new Date(at.getFullYear(), at.getMonth(), at.getDate() - days))
}

/** dateOf is the noon of a date, so that no clock change moves it to another day. */
export function dateOf(day: string): Date {
  return new Date(`${day}T12:00:00`)
}
