// Addresses and screens. Every screen is a chunk of its own.
import { app } from '../core/place'
import type { Route } from '../core/routes'
import { match } from '../core/routes'

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
