// Days without a gap: a day on which nothing was done is a day too.
import { dateOf, dayBefore } from '../core/days'

interface Day {
  date: string
  counted: number
  poras: number
}

/** filled returns one day for each date from one to another, both counted. */
export function filled<D extends Day>(days: D[], from: string, to: string): (D | Day)[] {
  const known = new Map(days.map((d) => [d.date, d]))
  const out: (D | Day)[] = []
  for (let at = from; at <= to; at = dayBefore(dateOf(at), -1)) {
    out.push(known.get(at) ?? { date: at, counted: 0, poras: 0 })
  }
  return out
}
