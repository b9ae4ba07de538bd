// Where the app and its server are.

/** app is the address of the app itself, with a slash at its end. It is found from where
 * this file came from, so that the app works behind any path. */
const above = import.meta.env.DEV ? '/' : '..' // built, this file is in the folder assets
export const app = new URL(above, import.meta.url)

/** server is the address of the API: the app's own, unless the page names another. */
export const server = named() ?? app

function named(): URL | undefined {
  const content = document.querySelector<HTMLMetaElement>('meta[name="zikr-server"]')?.content
  return content ? new URL(content.replace(/\/?$/, '/'), location.href) : undefined
}
