// The latency: a browser cannot send pings, so the page sends a message of its
// own every second, on /echo, and waits for it to come back.

const maxSamples = 60;
const probePrefix = 'latency probe ' + Math.random().toString(36).slice(2, 8) + ' ';

const latency = {
  samples: [],
  number: 0,
  waiting: null, // the probe on its way: { text, start }
  timer: 0,

  start(socket) {
    this.stop();
    this.samples = [];
    this.draw();
    this.probe(socket);
    this.timer = setInterval(() => this.probe(socket), 1000);
  },

  stop() {
    clearInterval(this.timer);
    this.waiting = null;
  },

  probe(socket) {
    if (this.waiting || !$('probes').checked || socket.readyState !== WebSocket.OPEN) return;
    const text = probePrefix + ++this.number;
    logMessage('out', text, true);
    this.waiting = { text, start: performance.now() };
    socket.send(text);
  },

  // isProbe reports whether data is a probe that came back, and takes its time.
  isProbe(data) {
    if (typeof data !== 'string' || !data.startsWith(probePrefix)) return false;
    if (this.waiting?.text === data) {
      this.samples.push(performance.now() - this.waiting.start);
      if (this.samples.length > maxSamples) this.samples.shift();
      this.waiting = null;
      this.draw();
    }
    return true;
  },

  draw() {
    const n = this.samples.length;
    $('latency-plot').dataset.samples = n;
    const sorted = [...this.samples].sort((a, b) => a - b);
    $('latency-min').textContent = n ? format(sorted[0]) : '';
    $('latency-median').textContent = n ? format(sorted[n >> 1]) : '';
    $('latency-max').textContent = n ? format(sorted[n - 1]) : '';
    const [area, line] = $('latency-plot').children;
    if (!n) {
      $('latency').textContent = '–';
      delete $('latency').dataset.ms;
      area.setAttribute('d', '');
      line.setAttribute('d', '');
      return;
    }
    const last = this.samples[n - 1];
    $('latency').textContent = format(last);
    $('latency').dataset.ms = last.toFixed(3);
    const top = sorted[n - 1] * 1.15 || 1;
    const points = this.samples.map((ms, i) => [300 - (n - 1 - i) * (300 / (maxSamples - 1)), 86 - (ms / top) * 80]);
    const path = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join(' L ');
    line.setAttribute('d', `M ${path}` + (n === 1 ? ' h 0.1' : ''));
    area.setAttribute('d', `M ${points[0][0].toFixed(1)} 90 L ${path} L ${points[n - 1][0].toFixed(1)} 90 Z`);
  },
};

function format(ms) {
  return ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}
