'use strict'

// The overview: agents with their sums, and the table of all cases.

function overview () {
  const table = el('div', { class: 'scroll', id: 'cases', tabindex: '-1' })
  const status = el('p', { class: 'status', role: 'status' })
  const draw = () => {
    const list = matching()
    status.textContent = isFiltered() ? `${list.length} of ${cases.length} cases` : `${cases.length} cases`
    table.replaceChildren(list.length ? matrix(list, draw) : el('p', { class: 'nothing' }, 'No case matches.'))
  }
  draw()
  const all = open => () => {
    filter.open = new Set(open ? data.families.map(f => f.number) : [])
    draw()
  }
  return el('div', {},
    el('header', {}, el('h1', {}, 'WebSocket conformance'), el('p', {}, summary())),
    el('div', { class: 'cards' }, data.agents.map(card)),
    filterBar(draw),
    el('div', { class: 'line' }, status,
      el('span', {}, el('button', { type: 'button', class: 'plain', onclick: all(true) }, 'Open all'),
        el('button', { type: 'button', class: 'plain', onclick: all(false) }, 'Close all'))),
    table)
}

function summary () {
  const agents = data.agents.length
  return `${cases.length} cases of RFC 6455 and RFC 7692, ${agents === 1 ? 'one agent' : agents + ' agents'}`
}

// card is an agent and its sums.
function card (agent) {
  const n = count(agent, cases)
  const bar = el('div', { class: 'bar', 'aria-hidden': 'true' })
  for (const m of Object.keys(marks)) {
    if (!n[m]) continue
    const part = el('span', { class: m })
    part.style.flexGrow = n[m]
    bar.append(part)
  }
  const kind = agent.peers === 'servers' ? 'server' : 'client'
  return el('section', { class: 'card' },
    el('h2', {}, agent.name),
    el('p', { class: 'muted' }, kind, agent.url ? [' at ', el('span', { class: 'url' }, agent.url)] : null,
      agent.started.startsWith('0001') ? null : [el('br'), day(agent.started)]),
    bar,
    el('ul', { class: 'sums' }, Object.keys(marks).filter(m => n[m]).map(m => el('li', {}, badge(m, `${n[m]} ${marks[m].word}`)))))
}

const day = iso => new Date(iso).toISOString().slice(0, 16).replace('T', ' ') + ' UTC'

// matrix is the table: a line for each family, and below it those of its cases.
function matrix (list, redraw) {
  const agents = shownAgents()
  const head = el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Case'),
    agents.map(a => el('th', { scope: 'col', class: 'agent', title: a.label }, el('span', {}, a.label)))))
  const bodies = []
  for (const family of data.families) {
    const members = list.filter(c => c.family === family.number)
    if (members.length === 0) continue
    const open = filter.open.has(family.number) || isFiltered()
    const button = el('button', {
      type: 'button', class: 'family', 'aria-expanded': String(open), disabled: isFiltered(),
      onclick: () => { toggle(filter.open, family.number); redraw(); document.getElementById('family' + family.number)?.focus() },
      id: 'family' + family.number,
    }, el('span', { class: 'number' }, family.number), el('span', {}, family.title), el('small', {}, String(members.length)))
    const row = el('tr', { class: 'family' }, el('th', { scope: 'rowgroup' }, button), agents.map(a => familyCell(count(a, members))))
    bodies.push(el('tbody', {}, row, open ? members.map(c => caseRow(c, agents)) : []))
  }
  return el('table', { class: 'matrix' + (agents.length > 2 ? ' many' : '') }, head, bodies)
}

function familyCell (n) {
  const parts = Object.keys(marks).filter(m => n[m]).map(m =>
    el('span', { class: 'count ' + m, title: `${n[m]} ${marks[m].word}` },
      el('span', { 'aria-hidden': 'true' }, marks[m].symbol + ' ' + n[m]), el('span', { class: 'hidden' }, ` ${n[m]} ${marks[m].word} `)))
  return el('td', {}, el('span', { class: 'counts' }, parts))
}

function caseRow (c, agents) {
  const first = agents.findIndex(a => a.of.has(c.index))
  return el('tr', {}, el('th', { scope: 'row' }, el('a', { href: link(agents[first], c) },
    el('span', { class: 'number' }, c.id), el('span', { class: 'title' }, c.title))),
  agents.map(a => {
    const r = a.of.get(c.index)
    if (!r) return el('td', {}, el('span', { class: 'hidden' }, 'not for it'))
    const word = r.mark === 'fail' || r.mark === 'none' ? r.verdict : marks[r.mark].word
    return el('td', {}, el('a', { class: 'cell', href: link(a, c), title: r.reason || null, 'aria-label': `${a.label}: ${word}` }, badge(r.mark, word, duration(r.d))))
  }))
}
