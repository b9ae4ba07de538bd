// Which address shows which screen.

export interface Route {
  screen: ScreenName
  params: Record<string, string>
}

const patterns = [
  ['', 'groups'],
  ['sign-in', 'sign-in'],
  ['sign-up', 'sign-up'],
  ['find', 'find'],
  ['new', 'new'],
  ['inbox', 'inbox'],
  ['account', 'account'],
  ['j/:code', 'link'],
  ['groups/:id', 'board'],
  ['groups/:id/board', 'board'],
  ['groups/:id/counter', 'counter'],
  ['groups/:id/circle', 'circle'],
  ['groups/:id/settings', 'settings'],
  ['groups/:id/hatms', 'hatms'],
] as const

export type ScreenName = (typeof patterns)[number][1] | 'nowhere'

/** match finds the screen of a path, which has no slash at its beginning. */
export function match(path: string): Route {
  const parts = path.replace(/\/$/, '').split('/')
  for (const [pattern, screen] of patterns) {
    const names = pattern.split('/')
    if (names.length !== parts.length) continue
    const params: Record<string, string> = {}
    const fits = names.every((name, i) => {
      const part = parts[i] ?? ''
      if (!name.startsWith(':')) return name === part
      params[name.slice(1)] = decode(part)
      return part !== ''
    })
    if (fits) return { screen, params }
  }
  return { screen: 'nowhere', params: {} }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
