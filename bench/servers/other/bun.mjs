// The candidate bun: the server that is part of Bun, as documented.
import { createInterface } from 'node:readline';

const compression = process.argv.includes('-compression')
	? process.argv[process.argv.indexOf('-compression') + 1]
	: 'off';

let hearing = 0;
const server = Bun.serve({
	hostname: '127.0.0.1',
	port: 0,
	fetch(request, server) {
		const { pathname } = new URL(request.url);
		return server.upgrade(request, { data: pathname }) ? undefined : new Response('no', { status: 400 });
	},
	websocket: {
		perMessageDeflate: compression !== 'off',
		maxPayloadLength: 1 << 24,
		backpressureLimit: 1 << 24,
		open(ws) {
			if (ws.data === '/hear') {
				ws.subscribe('room');
				hearing++;
			}
		},
		close(ws) {
			if (ws.data === '/hear') hearing--;
		},
		message(ws, message) {
			if (ws.data === '/say') server.publish('room', message);
			else ws.send(message, compression !== 'off');
		},
	},
});
console.log(`127.0.0.1:${server.port}`);

createInterface({ input: process.stdin })
	.on('line', (question) => {
		if (question === 'settle') Bun.gc(true);
		console.log(JSON.stringify({ Hearing: hearing }));
	})
	.on('close', () => process.exit());
