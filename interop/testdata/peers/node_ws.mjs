// Peer: ws.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import http from 'node:http'
import https from 'node:https'
import WebSocket, { WebSocketServer } from 'ws'
import { emit, message, run } from './peer.mjs'

let server
let ws

function opened(socket, subprotocol, headers, path) {
  ws = socket
  emit('open', { path, subprotocol, headers })
  ws.on('message', message)
  ws.on('ping', (data) => emit('ping', { text: data.toString() }))
  ws.on('pong', (data) => emit('pong', { text: data.toString() }))
  ws.on('close', (code, reason) => emit('closed', { code, reason: reason.toString() }))
  ws.on('error', (err) => console.error(err)) // the close event follows
}

// deflateOptions gives the parameters of RFC 7692 the names that ws has for them.
function deflateOptions(params) {
  if (!params) return true
  const camel = (name) => name.replace(/_(.)/g, (_, c) => c.toUpperCase())
  return Object.fromEntries(Object.entries({ threshold: 0, ...params }).map(([name, value]) => [camel(name), value]))
}

const peer = {
  listen({ subprotocols = [], user, headers = {}, max_size, cert, key, deflate }) {
    server?.close()
    server = cert
      ? https.createServer({ cert: readFileSync(cert), key: readFileSync(key) })
      : http.createServer()
    const want = 'Basic ' + Buffer.from(user ?? '').toString('base64')
    const sockets = new WebSocketServer({
      server,
      maxPayload: max_size,
      perMessageDeflate: deflateOptions(deflate),
      handleProtocols: (offered) => subprotocols.find((s) => offered.has(s)) ?? false,
      verifyClient: ({ req }, done) => done(!user || req.headers.authorization === want, 401),
    })
    sockets.on('headers', (lines) => {
      for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
    })
    sockets.on('connection', (ws, req) => opened(ws, ws.protocol, req.headers, req.url))
    server.listen(0, '127.0.0.1', () => emit('listening', { port: server.address().port }))
  },

  connect({ url, subprotocols = [], origin, headers, max_size, ca, deflate }) {
    const options = {
      origin,
      headers,
      maxPayload: max_size,
      perMessageDeflate: deflateOptions(deflate),
      ca: ca && readFileSync(ca),
    }
    const ws = new WebSocket(url, subprotocols, options)
    let response
    ws.on('upgrade', (res) => (response = res))
    ws.on('open', () => opened(ws, ws.protocol, response.headers))
    ws.on('unexpected-response', (req, res) => {
      emit('rejected', { status: res.statusCode })
      req.destroy()
    })
    ws.once('error', (err) => ws.readyState === WebSocket.CONNECTING && emit('error', { text: String(err) }))
  },

  text: ({ text = '' }) => ws.send(text),
  binary: ({ base64 }) => ws.send(Buffer.from(base64, 'base64')),
  fragments({ parts }) {
    parts.forEach((part, i) => ws.send(part, { fin: i === parts.length - 1 }))
  },
  ping: ({ text }) => ws.ping(text),
  close: ({ code, reason }) => ws.close(code, reason),
  abort: () => ws.terminate(),
}

run(peer, 'ws ' + createRequire(import.meta.url)('ws/package.json').version)
