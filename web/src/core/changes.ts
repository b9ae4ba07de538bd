/** changes are the fields of a form that are not as they were. Only they are sent: what nobody touched stays as somebody else may have made it. */
export function changes<T extends object>(was: T, now: T): Partial<T> {
  const touched = Object.entries(now).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(was[key as keyof T]))
  return Object.fromEntries(touched) as Partial<T>
}
