'use strict'

// What of the table is shown.
const filter = {
  words: '', // all of them must occur
  marks: new Set(), // some of the marks; none: all
  hidden: new Set(), // agents, by index
  open: new Set(), // families, by number
}

const shownAgents = () => data.agents.filter((_, i) => !filter.hidden.has(i))

const isFiltered = () => filter.words.trim() !== '' || filter.marks.size > 0

// matching are the cases that the filter leaves, in their order.
function matching () {
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean)
  const agents = shownAgents()
  return cases.filter(c => {
    const results = agents.map(a => a.of.get(c.index)).filter(Boolean)
    if (results.length === 0) return false
    if (filter.marks.size > 0 && !results.some(r => filter.marks.has(r.mark))) return false
    if (words.length === 0) return true
    const all = [c.id, c.title, c.expectation, c.section, ...results.map(r => r.reason)].join('\n').toLowerCase()
    return words.every(w => c.id === w || (/^[\d.]+$/.test(w) ? c.id.startsWith(w) : all.includes(w)))
  })
}

const toggle = (set, value) => set.has(value) ? set.delete(value) : set.add(value)

// filterBar has the means to set the filter. It calls change after each of them.
function filterBar (change) {
  const search = el('input', {
    type: 'search', id: 'search', placeholder: 'Filter: 6.4, utf-8, close …', 'aria-label': 'Filter by number, title or reason', value: filter.words,
    oninput: e => { filter.words = e.target.value; change() },
  })
  const totals = {}
  for (const c of cases) {
    for (const m of new Set(data.agents.map(a => a.of.get(c.index)?.mark).filter(Boolean))) totals[m] = (totals[m] || 0) + 1
  }
  const chip = (pressed, label, act) => el('button', {
    type: 'button', class: 'chip', 'aria-pressed': String(pressed),
    onclick: e => { act(); e.currentTarget.setAttribute('aria-pressed', String(e.currentTarget.getAttribute('aria-pressed') !== 'true')); change() },
  }, label)
  const verdicts = Object.keys(marks).filter(m => totals[m]).map(m =>
    chip(filter.marks.has(m), [badge(m, marks[m].word), ' ' + totals[m]], () => toggle(filter.marks, m)))
  const agents = data.agents.length < 2 ? [] : data.agents.map((a, i) =>
    chip(!filter.hidden.has(i), a.label, () => toggle(filter.hidden, i)))
  return el('div', { class: 'filter', role: 'search' }, search,
    el('div', { class: 'chips', role: 'group', 'aria-label': 'Verdicts' }, verdicts),
    agents.length ? el('div', { class: 'chips', role: 'group', 'aria-label': 'Agents' }, agents) : null)
}
