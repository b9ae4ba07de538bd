// A server in front of the one under test: it passes everything on, and may change what comes
// back, so that a test sees another version of the app, or a file that fails.
import { createServer, request } from 'node:http'
import { connect } from 'node:net'

// fronted starts it. change(path, {status, headers, body}) may return another answer; below
// prefix the app is served, and the server does not know of it. Without webSocket it lets none through.
export async function fronted(server, { change = () => undefined, port = 0, prefix = '', webSocket = true } = {}) {
  const stripped = (url) => (url.startsWith(prefix + '/') ? url.slice(prefix.length) : '/nowhere')
  const front = createServer((req, res) => {
    const { accept, ...headers } = req.headers
    const ask = request({ port: server.port, method: req.method, path: stripped(req.url), headers: { ...headers, accept, 'accept-encoding': 'identity' } }, (answer) => {
      const parts = []
      answer.on('data', (part) => parts.push(part))
      answer.on('end', () => {
        const was = { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }
        const { status, headers, body } = { ...was, ...change(req.url, was) }
        res.writeHead(status, { ...headers, etag: '', 'content-length': Buffer.byteLength(body) })
        res.end(body)
      })
    })
    ask.on('error', () => res.destroy())
    req.pipe(ask)
  })
  front.on('upgrade', (req, socket, head) => {
    if (!webSocket) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    const there = connect(server.port, '127.0.0.1', () => {
      const lines = Object.entries(req.headers).map(([name, value]) => `${name}: ${value}`)
      there.write(`${req.method} ${stripped(req.url)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      there.write(head)
      there.pipe(socket).pipe(there)
    })
    for (const end of [there, socket]) end.on('error', () => [there, socket].forEach((s) => s.destroy()))
  })
  await new Promise((resolve) => front.listen(port, '127.0.0.1', resolve))
  const close = () => {
    front.closeAllConnections()
    return new Promise((resolve) => front.close(resolve))
  }
  // What a Page needs of a server is its address.
  return { url: `http://127.0.0.1:${front.address().port}${prefix}`, close }
}
