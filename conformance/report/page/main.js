'use strict'

// Which view is shown: #CASE/AGENT is the page of a case, all else the overview.

const main = document.getElementById('main')
let scrolled = 0 // where the overview was left
let inOverview = false

function show () {
  if (inOverview) scrolled = lastScroll
  const [id, name, client] = location.hash.slice(1).split('/').map(decode)
  const c = cases.find(x => x.id === id)
  const agent = c && (data.agents.find(a => a.name === name && (a.peers === 'clients') === (client === 'client') && a.of.has(c.index)) ??
    data.agents.find(a => a.of.has(c.index)))
  inOverview = !agent
  if (agent) {
    document.title = `${c.id} ${agent.name} – WebSocket conformance`
    main.replaceChildren(detail(agent, c))
    scrollTo(0, 0)
  } else {
    document.title = 'WebSocket conformance'
    main.replaceChildren(overview())
    scrollTo(0, scrolled)
  }
}

function decode (s) {
  try {
    return decodeURIComponent(s)
  } catch {
    return s
  }
}

// By the time a hash has changed, the browser may have scrolled already.
let lastScroll = 0
addEventListener('scroll', () => { if (inOverview) lastScroll = scrollY }, { passive: true })
addEventListener('click', e => { if (inOverview && e.target.closest('a')) lastScroll = scrollY }, true)

addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches('input')) return
  const to = { ArrowLeft: 'a[rel=prev]', ArrowRight: 'a[rel=next]', Escape: 'nav a[href="#"]' }[e.key]
  if (to) document.querySelector(to)?.click()
  if (e.key === '/' && inOverview) {
    e.preventDefault()
    document.getElementById('search').focus()
  }
})

// A report that is short, or about failures only, opens as it is.
if (cases.length <= 60) filter.open = new Set(data.families.map(f => f.number))

addEventListener('hashchange', () => { if (location.hash !== '#cases') show() })
show()
