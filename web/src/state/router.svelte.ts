// Addresses and screens. Every screen is a chunk of its own.
import { app } from '../core/place'

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

class Router {
  route = $state.raw<Route>(match(here()))

  constructor() {
    addEventListener('popstate', () => (this.route = match(here())))
    document.addEventListener('click', (event) => this.#click(event))
  }

  /** go shows a path of the app, like groups/1/board. */
  go(path: string, { replace = false } = {}): void {
    const url = link(path)
    if (replace) history.replaceState(null, '', url)
    else history.pushState(null, '', url)
    this.route = match(here())
    scrollTo(0, 0)
  }

  #click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const anchor = (event.target as Element | null)?.closest?.('a')
    if (!anchor || anchor.target || anchor.hasAttribute('download') || !anchor.href.startsWith(app.href)) return
    const path = anchor.href.slice(app.href.length).split(/[?#]/)[0] ?? ''
    if (match(path).screen === 'nowhere') return
    event.preventDefault()
    this.go(path)
  }
}

/** link is the address of a path of the app. */
export function link(path: string): string {
  return app.pathname + path
}

/** here is the path of the app that is shown. */
export function here(): string {
  return location.pathname.slice(app.pathname.length)
}

export const router = new Router()
