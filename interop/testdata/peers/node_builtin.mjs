// Peer: the WebSocket that is built into Node.js (undici). A client only, with
// the interface of browsers: no pings, no fragments.
import { emit, message, run } from './peer.mjs'

let ws

const peer = {
  connect({ url, subprotocols = [], headers }) {
    ws = new WebSocket(url, { protocols: subprotocols, headers })
    ws.binaryType = 'arraybuffer'
    let open = false
    ws.onopen = () => {
      open = true
      emit('open', { subprotocol: ws.protocol, headers: {} })
    }
    ws.onmessage = ({ data }) => message(data, typeof data !== 'string')
    ws.onclose = ({ code, reason }) => {
      if (open) emit('closed', { code, reason })
      else emit('rejected', { status: 0 })
    }
  },

  text: ({ text = '' }) => ws.send(text),
  binary: ({ base64 }) => ws.send(Buffer.from(base64, 'base64')),
  close: ({ code, reason }) => ws.close(code, reason),
}

run(peer, 'undici ' + process.versions.undici)
