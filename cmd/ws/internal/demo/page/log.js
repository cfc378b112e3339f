// The list of messages. What comes from elsewhere is only ever set as text.

const $ = (id) => document.getElementById(id);

const maxEntries = 500; // the oldest go
const maxShown = 4000; // characters of one message
const counts = { in: 0, out: 0 };

function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

// visible writes characters that cannot be seen, or that change the direction of
// writing, as escapes. Ends of lines and tabs stay.
function visible(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => (c < '\u0100' ? '\\x' : '\\u') + c.charCodeAt(0).toString(16).padStart(c < '\u0100' ? 2 : 4, '0'));
}

function hex(bytes) {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ');
}

// unhex reads bytes in hexadecimal, with or without spaces, or returns null.
function unhex(text) {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 || /[^0-9a-f]/i.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function clock() {
  return new Date().toTimeString().slice(0, 8) + '.' + String(new Date().getMilliseconds()).padStart(3, '0');
}

// scrollPast appends item to list and keeps the end of the list in view if it
// was there before.
function scrollPast(list, item) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(item);
  while (list.children.length > maxEntries) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function entry(direction, type, label, payload, size, probe) {
  const li = element('li');
  li.dataset.direction = direction;
  li.dataset.type = type;
  if (probe) li.dataset.probe = '';
  const arrow = element('span', 'arrow', { in: '↓', out: '↑', info: '·' }[direction]);
  arrow.title = { in: 'received', out: 'sent', info: '' }[direction];
  const body = element('span', 'payload', visible(payload.slice(0, maxShown)));
  body.dir = 'auto';
  li.append(element('time', '', clock()), arrow, element('span', 'type', label), body);
  if (payload.length > maxShown) body.append(element('span', 'cut', ` … ${size.toLocaleString()} bytes in all`));
  $('empty').hidden = true;
  scrollPast($('log'), li);
}

function logInfo(text) {
  entry('info', 'info', '', text, 0, false);
}

// logMessage shows a message, a string or an ArrayBuffer, and counts it; a probe
// only if that is asked for.
function logMessage(direction, data, probe) {
  if (probe && !$('show-probes').checked) return;
  counts[direction]++;
  $('count-' + direction).textContent = counts[direction];
  if (typeof data === 'string') {
    entry(direction, 'text', 'text', data, new Blob([data]).size, probe);
    return;
  }
  const bytes = new Uint8Array(data);
  entry(direction, 'binary', `${bytes.length} B`, hex(bytes.subarray(0, maxShown)), bytes.length, probe);
}

function clearLog() {
  $('log').replaceChildren();
  $('chat-log').replaceChildren();
  $('empty').hidden = false;
}
