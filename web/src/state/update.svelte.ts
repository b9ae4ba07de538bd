// A new version of the app: offered, and used when the person agrees.
import { app } from '../core/place'

class Update {
  /** ready: a new version waits. */
  ready = $state(false)
  /** failed: there is no worker here, so that the app cannot start without a line. */
  failed = $state(false)
  #waiting: ServiceWorker | undefined

  async start(): Promise<void> {
    if (import.meta.env.DEV) return
    if (!('serviceWorker' in navigator)) {
      this.failed = true // the page is no secure one, or the browser is a private one
      return
    }
    try {
      const registration = await navigator.serviceWorker.register(trusted('sw.js'), { scope: app.pathname })
      this.#watch(registration)
      // A tab that stays open for days asks again when it is looked at.
      document.addEventListener('visibilitychange', () => {
        if (!document.hidden) registration.update().catch(() => undefined)
      })
    } catch {
      this.failed = true
    }
  }

  use(): void {
    if (this.#waiting?.state !== 'installed') {
      location.reload() // another tab has agreed: the new version is in use already
      return
    }
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
    this.#waiting.postMessage('use')
  }

  #watch(registration: ServiceWorkerRegistration): void {
    const wait = (worker: ServiceWorker | null): void => {
      if (!worker || !navigator.serviceWorker.controller) return
      this.#waiting = worker
      this.ready = true
    }
    wait(registration.waiting)
    registration.addEventListener('updatefound', () => {
      const worker = registration.installing
      worker?.addEventListener('statechange', () => worker.state === 'installed' && wait(worker))
    })
  }
}

/** trusted is the address of the worker, which the page's policy lets nobody make but this. */
function trusted(name: string): string {
  const url = new URL(name, app).href
  const policy = window.trustedTypes?.createPolicy('zikr', { createScriptURL: (u: string) => (u === url ? u : '') })
  return (policy?.createScriptURL(url) as unknown as string | undefined) ?? url
}

declare global {
  interface Window {
    trustedTypes?: {
      createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): object }
    }
  }
}

export const update = new Update()
