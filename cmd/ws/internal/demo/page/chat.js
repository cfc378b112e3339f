// The chat: the events of /chat?format=json.

const chat = {
  you: '',

  reset() {
    this.you = '';
    $('members').replaceChildren();
  },

  // show shows an event and reports whether data was one.
  show(data) {
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      return false;
    }
    if (typeof event?.from !== 'string' || !['message', 'join', 'leave'].includes(event.type)) return false;
    if (typeof event.you === 'string') this.you = event.you;
    if (Array.isArray(event.members)) {
      $('members').replaceChildren(...event.members.map((name) => element('li', '', name === this.you ? `${name} (you)` : name)));
    }
    const li = element('li');
    li.dataset.from = event.from;
    li.dataset.type = event.type;
    if (event.type === 'message') {
      if (event.from === this.you) li.dataset.own = '';
      const said = element('span', 'said', visible(String(event.text)));
      said.dir = 'auto';
      li.append(element('span', 'who', event.from), said);
    } else {
      li.textContent = event.from + (event.type === 'join' ? ' joined' : ' left');
    }
    scrollPast($('chat-log'), li);
    return true;
  },
};
