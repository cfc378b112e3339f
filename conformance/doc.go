// Package conformance tests WebSocket peers, servers and clients, against RFC 6455
// and RFC 7692.
//
// It writes raw bytes and judges what comes back, so it shares nothing with a peer
// under test but package frame.
package conformance
