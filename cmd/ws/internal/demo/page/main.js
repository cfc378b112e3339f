// The connection, and what the controls do.

let socket = null; // the one connection, until its close event
let endpoint = 'echo';
let again = false; // connect again when the connection is closed
const history = []; // what was sent
let recalled = 0; // where in history the arrows are

// A token goes among the subprotocols: pages cannot set another header.
const token = new URLSearchParams(location.search).get('token');

const base = () => (location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host;

function endpointURL() {
  const q = new URLSearchParams();
  if (endpoint === 'chat') {
    q.set('room', $('room').value || 'lobby');
    if ($('name').value) q.set('name', $('name').value);
    q.set('format', 'json');
  } else if (endpoint === 'time' && $('every').value && $('every').value !== '1s') {
    q.set('every', $('every').value);
  }
  const query = q.toString();
  return `${base()}/${endpoint}` + (query && '?' + query);
}

function chooseEndpoint(name) {
  endpoint = name;
  for (const b of document.querySelectorAll('[data-endpoint]')) b.setAttribute('aria-pressed', String(b.dataset.endpoint === name));
  for (const e of document.querySelectorAll('[data-for]')) e.hidden = e.dataset.for !== name;
  $('url').value = endpointURL();
  if (!socket) return;
  again = true; // on to the other service
  disconnect();
}

function showState(state) {
  $('state').dataset.state = state;
  $('state').textContent = state;
  $('connect').disabled = state !== 'closed';
  $('disconnect').disabled = state === 'closed' || state === 'closing';
  $('send').disabled = state !== 'open';
}

function connect() {
  if (socket) return;
  again = false;
  $('problem').textContent = '';
  $('close-code').textContent = '';
  $('close-reason').textContent = '';
  let ws;
  try {
    ws = new WebSocket($('url').value.trim(), token ? ['bearer', token] : []);
  } catch (e) {
    $('problem').textContent = e.message;
    return;
  }
  socket = ws;
  ws.binaryType = 'arraybuffer';
  let opened = false;
  const service = endpoint;
  chat.reset();
  showState('connecting');
  ws.onopen = () => {
    opened = true;
    showState('open');
    logInfo(`connected to ${ws.url}` + (ws.protocol && `, subprotocol ${ws.protocol}`));
    if (new URL(ws.url).pathname === '/echo') latency.start(ws);
    $('message').focus({ preventScroll: true });
  };
  ws.onmessage = ({ data }) => {
    logMessage('in', data, latency.isProbe(data));
    if (service === 'chat' && typeof data === 'string') chat.show(data);
  };
  ws.onclose = (event) => {
    socket = null;
    latency.stop();
    showState('closed');
    $('close-code').textContent = event.code + closeName(event.code);
    $('close-reason').textContent = event.reason;
    logInfo(opened ? `closed: ${event.code}${closeName(event.code)} ${event.reason}` : 'no connection');
    if (!opened) $('problem').textContent = 'No connection. Browsers do not tell why: see the server’s log, or try “ws connect” with this URL.';
    if (again) connect();
  };
}

function closeName(code) {
  const names = {
    1000: 'normal closure', 1001: 'going away', 1002: 'protocol error', 1003: 'unsupported data', 1005: 'no code given',
    1006: 'connection lost', 1007: 'invalid payload', 1008: 'policy violation', 1009: 'message too big', 1010: 'mandatory extension',
    1011: 'internal error', 1012: 'service restart', 1013: 'try again later', 1014: 'bad gateway', 1015: 'TLS handshake',
  };
  return names[code] ? ` (${names[code]})` : '';
}

function disconnect() {
  if (!socket) return;
  showState('closing');
  socket.close(1000);
}

function send() {
  const text = $('message').value;
  if (socket?.readyState !== WebSocket.OPEN) return;
  const data = $('binary').checked ? unhex(text) : text;
  $('message').setAttribute('aria-invalid', String(data === null));
  if (data === null) {
    $('problem').textContent = 'Give pairs of hexadecimal digits, such as 00 ff 10.';
    return;
  }
  $('problem').textContent = '';
  socket.send(data);
  logMessage('out', data, false);
  if (text) history.push(text);
  recalled = history.length;
  $('message').value = '';
}

// recall puts an earlier message into the field, as shells do.
function recall(step) {
  const at = recalled + step;
  if (at < 0 || at > history.length) return;
  recalled = at;
  $('message').value = history[at] ?? '';
}

$('connection').addEventListener('submit', (event) => {
  event.preventDefault();
  connect();
});
$('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
$('message').addEventListener('keydown', (event) => {
  const one = !$('message').value.includes('\n');
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  } else if (one && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    event.preventDefault();
    recall(event.key === 'ArrowUp' ? -1 : 1);
  }
});
$('message').addEventListener('input', () => $('message').removeAttribute('aria-invalid'));
$('disconnect').addEventListener('click', disconnect);
$('clear').addEventListener('click', clearLog);
for (const id of ['room', 'name', 'every']) $(id).addEventListener('input', () => ($('url').value = endpointURL()));
for (const b of document.querySelectorAll('[data-endpoint]')) b.addEventListener('click', () => chooseEndpoint(b.dataset.endpoint));

chooseEndpoint('echo');
showState('closed');
