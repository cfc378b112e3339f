// The candidate node-ws: ws on Node, as documented.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { WebSocketServer } from 'ws';

const compression = process.argv.includes('-compression')
	? process.argv[process.argv.indexOf('-compression') + 1]
	: 'off';
const takeover = compression === 'takeover';
const perMessageDeflate = compression !== 'off' && {
	serverNoContextTakeover: !takeover,
	clientNoContextTakeover: !takeover,
	threshold: 0, // else it would send these messages as they are
};

const hearing = new Set();
const http = createServer();
new WebSocketServer({ server: http, perMessageDeflate, maxPayload: 1 << 24 }).on('connection', (ws, request) => {
	ws.on('error', () => {});
	switch (request.url) {
		case '/hear':
			hearing.add(ws);
			ws.on('close', () => hearing.delete(ws));
			break;
		case '/say':
			ws.on('message', (data, binary) => {
				for (const other of hearing) other.send(data, { binary });
			});
			break;
		default:
			ws.on('message', (data, binary) => ws.send(data, { binary }));
	}
});
http.listen(0, '127.0.0.1', 4096, () => console.log(`127.0.0.1:${http.address().port}`));

createInterface({ input: process.stdin })
	.on('line', (question) => {
		if (question === 'settle') global.gc?.();
		console.log(JSON.stringify({ Hearing: hearing.size }));
	})
	.on('close', () => process.exit());
