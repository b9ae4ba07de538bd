// The service worker: the app starts without a line. Its whole policy is on this screen:
// the files of this version are kept, pages are answered with the shell, and what is the
// server's own is left to the server.
declare const __VERSION__: string
declare const __FILES__: string[]
/** Files that who comes back needs before a screen: they are fetched beside the entry. */
declare const __EARLY__: string[]
/** Those of each screen, by the end of its address. */
declare const __SCREENS__: [string, string[]][]

/** An event of newer browsers. */
interface Routing extends ExtendableEvent {
  addRoutes?: (routes: { condition: { urlPattern: string }; source: { cacheName: string } }[]) => Promise<void>
}

const worker = self as unknown as ServiceWorkerGlobalScope
const cacheName = `zikr-${__VERSION__}`
const scope = new URL(worker.registration.scope).pathname
const screens = new Map(__SCREENS__)
const serverOwn = ['api/', 'socket.io/', 'docs', 'openapi.json', 'asyncapi.json', 'healthz', 'readyz', 'metrics', 'debug/']

worker.addEventListener('install', (event: Routing) => {
  event.waitUntil(keep())
  // A browser that can takes scripts and styles out of the cache by itself, without waiting for a worker.
  const routes = ['js', 'css'].map((kind) => ({ condition: { urlPattern: `${scope}assets/*.${kind}` }, source: { cacheName } }))
  if (event.addRoutes) event.waitUntil(event.addRoutes(routes))
})
worker.addEventListener('activate', (event) => {
  event.waitUntil(forget())
})
worker.addEventListener('message', (event) => {
  if (event.data === 'use') void worker.skipWaiting()
})
worker.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  const path = url.pathname.slice(scope.length)
  if (event.request.method !== 'GET' || url.origin !== worker.location.origin || serverOwn.some((own) => path.startsWith(own))) return
  event.respondWith(event.request.mode === 'navigate' ? page(event.request) : file(event.request))
})

async function keep(): Promise<void> {
  const cache = await caches.open(cacheName)
  await cache.addAll(__FILES__.map((path) => new Request(scope + path, { cache: 'no-cache' })))
  const shell = await fetch(scope, { cache: 'no-cache' })
  if (!shell.ok) throw new Error(`the shell was answered with ${shell.status}`)
  // The shell names its files from where it lies; kept, it is shown at any address.
  const text = naming(await shell.text(), __EARLY__).replaceAll('="./', `="${scope}`)
  await cache.put('shell', new Response(text, { headers: shell.headers }))
}

/** naming names files in a page, so that they are fetched before a script asks for them. */
function naming(page: string, paths: string[]): string {
  const links = paths.map((path) => `<link rel="${path.endsWith('.css') ? 'stylesheet' : 'modulepreload'}" crossorigin href="${scope}${path}">`)
  return page.replace('</head>', `${links.join('')}</head>`)
}

async function forget(): Promise<void> {
  const old = (await caches.keys()).filter((key) => key.startsWith('zikr-') && key !== cacheName)
  await Promise.all(old.map((key) => caches.delete(key)))
}

async function page(request: Request): Promise<Response> {
  const shell = await kept('shell')
  if (!shell) return fetch(request)
  const screen = screens.get(new URL(request.url).pathname.split('/').pop() ?? '')
  return screen ? new Response(naming(await shell.text(), screen), { headers: shell.headers }) : shell
}

async function file(request: Request): Promise<Response> {
  const known = await kept(request)
  if (known) return known
  const fresh = await fetch(request)
  if (fresh.ok && request.url.includes('/assets/')) {
    const copy = fresh.clone()
    // A device without room keeps nothing more, and shows it all the same.
    await caches
      .open(cacheName)
      .then((cache) => cache.put(request, copy))
      .catch(() => undefined)
  }
  return fresh
}

/** kept is what this version has of a request; undefined also where the browser lets nothing be kept any more. */
async function kept(request: RequestInfo): Promise<Response | undefined> {
  try {
    return await (await caches.open(cacheName)).match(request)
  } catch {
    return undefined
  }
}
