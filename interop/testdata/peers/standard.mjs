// What the peers share whose WebSocket is that of the HTML standard: Node.js's
// own and those of browsers. A client only: no pings, no fragments, and no word on
// why a server refused.
export function standard(emit) {
  let ws
  const base64 = (data) => btoa(Array.from(new Uint8Array(data), (b) => String.fromCharCode(b)).join(''))
  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))

  return {
    connect({ url, subprotocols = [], headers }) {
      ws = new WebSocket(url, headers ? { protocols: subprotocols, headers } : subprotocols)
      ws.binaryType = 'arraybuffer'
      let open = false
      let rejected = false
      const reject = () => {
        if (!rejected) emit('rejected', { status: 0 })
        rejected = true
      }
      ws.onopen = () => {
        open = true
        emit('open', { subprotocol: ws.protocol, headers: {} })
      }
      ws.onmessage = ({ data }) => {
        if (typeof data === 'string') emit('text', { text: data })
        else emit('binary', { base64: base64(data) })
      }
      ws.onclose = ({ code, reason }) => {
        if (open) emit('closed', { code, reason })
        else reject()
      }
      ws.onerror = () => open || reject() // not everywhere is this followed by close
    },

    text: ({ text = '' }) => ws.send(text),
    binary: ({ base64 }) => ws.send(bytes(base64)),
    close: ({ code, reason }) => ws.close(code, reason),
  }
}
