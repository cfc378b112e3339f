'use strict'

// The page of a case and an agent.

const link = (agent, c) => '#' + encodeURIComponent(c.id) + '/' + encodeURIComponent(agent.name) + (agent.peers === 'clients' ? '/client' : '')

function detail (agent, c) {
  const r = agent.of.get(c.index)
  return el('article', { class: 'detail' },
    el('nav', { 'aria-label': 'Cases' }, el('a', { href: '#' }, '← all cases'), steps(agent, c)),
    el('h1', {}, el('span', { class: 'number' }, c.id), ' ', c.title),
    el('p', { class: 'expectation' }, c.expectation),
    el('p', { class: 'muted' }, familyTitle(c), ' · ', sectionLinks(c.section)),
    tabs(agent, c),
    verdicts(agent, r),
    facts(r),
    r.w ? wire(r) : null,
    handshake(agent, r))
}

function familyTitle (c) {
  return data.families.find(f => f.number === c.family)?.title ?? ''
}

// steps lead to the cases before and behind, and to the next failure.
function steps (agent, c) {
  const own = matching().filter(x => agent.of.has(x.index))
  const at = own.findIndex(x => x.index === c.index)
  if (at < 0) return []
  const failure = own.slice(at + 1).find(x => agent.of.get(x.index).mark === 'fail')
  const step = (to, label, rel) => to ? el('a', { href: link(agent, to), rel }, label) : null
  return el('span', { class: 'steps' },
    step(own[at - 1], '‹ ' + (own[at - 1]?.id ?? ''), 'prev'),
    step(own[at + 1], (own[at + 1]?.id ?? '') + ' ›', 'next'),
    step(failure, 'next failure: ' + (failure?.id ?? ''), null))
}

// tabs lead to the same case with other agents.
function tabs (agent, c) {
  const others = data.agents.filter(a => a.of.has(c.index))
  if (others.length < 2) return null
  return el('nav', { class: 'tabs', 'aria-label': 'Agents' }, others.map(a => {
    const r = a.of.get(c.index)
    return el('a', { href: link(a, c), 'aria-current': a === agent ? 'page' : null, class: 'chip' }, badge(r.mark, r.verdict), ' ' + a.label)
  }))
}

function verdicts (agent, r) {
  const line = (name, v, why) => [el('dt', {}, name), el('dd', {}, badge(markOf[v], v), why ? el('p', {}, why) : null)]
  const codes = list => list.length ? el('ul', { class: 'events' }, list.map(i => el('li', {}, el('code', {}, text(i))))) : el('p', { class: 'muted' }, 'nothing')
  const expected = (r.x || []).map(o => el('div', {}, (r.x.length > 1 || data.verdicts[o.v] !== 'ok') ? badge(markOf[data.verdicts[o.v]], data.verdicts[o.v]) : null, codes(o.e || [])))
  return el('div', { class: 'panels' },
    el('section', { class: 'panel' }, el('h2', {}, agent.label), el('dl', {},
      line('Behavior', data.verdicts[r.b], text(r.y)), line('Closing', data.verdicts[r.k], text(r.z)),
      r.d ? [el('dt', {}, 'Duration'), el('dd', {}, duration(r.d))] : null)),
    expected.length || r.g ? el('section', { class: 'panel' }, el('h2', {}, 'Expected'), expected, el('h2', {}, 'Came'), codes(r.g || [])) : null,
    r.e || r.l || r.m ? el('section', { class: 'panel' }, el('h2', {}, 'Close'), el('dl', {},
      r.e ? [el('dt', {}, 'Expected'), el('dd', {}, text(r.e))] : null,
      el('dt', {}, 'From the case'), el('dd', {}, el('code', {}, r.l ? text(r.l) : 'none')),
      el('dt', {}, 'From the peer'), el('dd', {}, el('code', {}, r.m ? text(r.m) : 'none')))) : null)
}

function facts (r) {
  if (!r.f) return null
  return el('section', { class: 'panel' }, el('h2', {}, 'Seen'), el('dl', {}, r.f.map(([name, value]) =>
    [el('dt', {}, text(name)), el('dd', {}, text(value))])))
}

// The kinds of log entries, by their number.
const kinds = ['to', 'from', 'to', 'from', 'remark']

function wire (r) {
  const lines = []
  for (let i = 0; i < r.w.length; i += 3) {
    lines.push(el('tr', { class: kinds[r.w[i + 1]] }, el('td', {}, (r.w[i] / 1000).toFixed(3)), el('td', {}, el('code', {}, text(r.w[i + 2])))))
  }
  return el('section', {}, el('h2', {}, 'On the wire'),
    el('p', { class: 'muted' }, 'From the peer’s view: < is what it received, > what it sent. Times are milliseconds since the connection was open.'),
    el('div', { class: 'scroll' }, el('table', { class: 'wire' },
      el('thead', { class: 'hidden' }, el('tr', {}, el('th', { scope: 'col' }, 'ms'), el('th', { scope: 'col' }, 'frame'))), el('tbody', {}, lines))))
}

function handshake (agent, r) {
  if (!r.q && !r.a) return null
  const head = (name, lines) => el('div', {}, el('h3', {}, name), el('pre', {}, (lines || []).map(text).join('\n') || 'none'))
  return el('section', {}, el('h2', {}, 'Opening handshake'), el('div', { class: 'two' }, head('Request', r.q), head('Response', r.a)))
}
