// What the Node.js peers share; see README.md.
import { createInterface } from 'node:readline'

export function emit(event, fields = {}) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + '\n')
}

export function message(data, binary) {
  if (binary) emit('binary', { base64: Buffer.from(data).toString('base64') })
  else emit('text', { text: data.toString() })
}

// run does what standard input says, one command after the other.
export async function run(peer, name) {
  emit('ready', { name: `${name}, Node ${process.version}` })
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line)
    try {
      await peer[command.do](command)
    } catch (err) {
      emit('error', { text: String(err) })
    }
  }
  process.exit()
}
