// Peer: the WebSocket that is built into Node.js (undici).
import { emit, run } from './peer.mjs'
import { standard } from './standard.mjs'

run(standard(emit), 'undici ' + process.versions.undici)
