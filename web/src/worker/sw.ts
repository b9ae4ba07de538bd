// The service worker: the app starts without a line. Its whole policy is on this screen:
// the files of this version are kept, pages are answered with the shell, and what is the
// server's own is left to the server.
declare const __VERSION__: string
declare const __FILES__: string[]
/** Scripts that who comes back needs before a screen: they are fetched beside the entry. */
declare const __EARLY__: string[]

const worker = self as unknown as ServiceWorkerGlobalScope
const cacheName = `zikr-${__VERSION__}`
const files = __FILES__
const scope = new URL(worker.registration.scope).pathname
const serverOwn = ['api/', 'socket.io/', 'docs', 'openapi.json', 'asyncapi.json', 'healthz', 'readyz', 'metrics', 'debug/']

worker.addEventListener('install', (event) => {
  event.waitUntil(keep())
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
  const shell = await fetch(scope, { cache: 'no-cache' })
  if (!shell.ok) throw new Error(`the shell was answered with ${shell.status}`)
  const text = await shell.text()
  mustBeOurs(text)
  const cache = await caches.open(cacheName)
  await cache.addAll(files.map((path) => new Request(scope + path, { cache: 'no-cache' })))
  // The shell names its files from where it lies; kept, it is shown at any address.
  const early = __EARLY__.map((path) => `<link rel="modulepreload" crossorigin href="./${path}">`).join('')
  const anywhere = text.replace('</head>', `${early}</head>`).replaceAll('="./', `="${scope}`)
  await cache.put('shell', new Response(anywhere, { headers: shell.headers }))
}

/** mustBeOurs throws where a node of another version answered: kept, its shell would name files that nobody has any more. */
function mustBeOurs(shell: string): void {
  for (const [, file = ''] of shell.matchAll(/="\.\/(assets\/[^"]+)"/g)) {
    if (!files.includes(file)) throw new Error(`the shell is of another version: ${file} is not of this one`)
  }
}

async function forget(): Promise<void> {
  const old = (await caches.keys()).filter((key) => key.startsWith('zikr-') && key !== cacheName)
  await Promise.all(old.map((key) => caches.delete(key)))
}

async function page(request: Request): Promise<Response> {
  return (await kept('shell')) ?? fetch(request)
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
