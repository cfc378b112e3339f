'use strict'

// What the report is made of, and means to put it on the page. All text gets there
// as text: nothing here makes markup of a string.

const data = JSON.parse(document.getElementById('data').textContent)

const text = i => data.strings[i || 0]

// How verdicts look. Those with the same mark are counted together.
const marks = {
  ok: { symbol: '✓', word: 'passed' },
  strict: { symbol: '≈', word: 'non-strict' },
  info: { symbol: 'i', word: 'informational' },
  lacks: { symbol: '–', word: 'unimplemented' },
  fail: { symbol: '✕', word: 'failed' },
  none: { symbol: '·', word: 'not run' },
}

const markOf = {
  'missing': 'none', 'ok': 'ok', 'non-strict': 'strict', 'informational': 'info', 'unimplemented': 'lacks',
  'not dropped': 'fail', 'unclean': 'fail', 'wrong code': 'fail', 'failed': 'fail',
}

// Agents of one name may be a server and a client: then labels tell which one it is.
const isMixed = new Set(data.agents.map(a => a.peers)).size > 1
for (const agent of data.agents) agent.label = isMixed ? `${agent.name} (${agent.peers.slice(0, -1)})` : agent.name

// A result in full: of each agent, by the index of the case.
for (const agent of data.agents) {
  agent.of = new Map()
  for (const r of agent.results) {
    r.verdict = data.verdicts[Math.max(r.b, r.k)]
    r.mark = markOf[r.verdict]
    r.reason = [text(r.y), text(r.z)].filter((s, i, all) => s && all.indexOf(s) === i).join('; ')
    agent.of.set(r.c, r)
  }
}

data.cases.forEach((c, i) => {
  c.index = i
  c.family = c.id.split('.')[0]
})

const compareIDs = (a, b) => {
  const x = a.id.split('.').map(Number)
  const y = b.id.split('.').map(Number)
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    if ((x[i] ?? -1) !== (y[i] ?? -1)) return (x[i] ?? -1) - (y[i] ?? -1)
  }
  return 0
}
const cases = [...data.cases].sort(compareIDs)

const count = (agent, list) => {
  const n = { ok: 0, strict: 0, info: 0, lacks: 0, fail: 0, none: 0 }
  for (const c of list) {
    const r = agent.of.get(c.index)
    if (r) n[r.mark]++
  }
  return n
}

// el makes an element. Attributes that are null or false are left out; children
// are elements or strings.
function el (name, attributes, ...children) {
  const e = document.createElement(name)
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith('on')) e.addEventListener(key.slice(2), value)
    else if (value === true) e.setAttribute(key, '')
    else if (value !== null && value !== undefined && value !== false) e.setAttribute(key, value)
  }
  e.append(...children.flat().filter(c => c !== null && c !== undefined && c !== false))
  return e
}

// badge is a verdict as symbol and word.
function badge (mark, word, more) {
  return el('span', { class: 'badge ' + mark }, el('span', { class: 'symbol', 'aria-hidden': 'true' }, marks[mark].symbol),
    el('span', { class: 'word' }, word), more ? el('small', {}, more) : null)
}

function duration (micros) {
  if (!micros) return ''
  if (micros < 1000) return micros + ' µs'
  if (micros < 1e6) return (micros / 1000).toFixed(micros < 1e4 ? 1 : 0) + ' ms'
  return (micros / 1e6).toFixed(1) + ' s'
}

// sectionLinks makes links to the RFC editor of the sections that a text names.
function sectionLinks (s) {
  const parts = []
  let rfc = ''
  for (const part of s.split(/(RFC \d+|§+\s?[\d.]+\d|§+\s?\d)/)) {
    if (part.startsWith('RFC ')) {
      rfc = part.slice(4)
      parts.push(rfcLink(rfc, '', part))
    } else if (part.startsWith('§') && rfc) {
      parts.push(rfcLink(rfc, '#section-' + part.replace(/[^\d.]/g, ''), part))
    } else {
      parts.push(part)
    }
  }
  return parts
}

function rfcLink (rfc, hash, s) {
  return el('a', { href: 'https://www.rfc-editor.org/rfc/rfc' + rfc + hash, rel: 'noreferrer' }, s)
}
