package main

import (
	"github.com/go-websockets/websockets"
	"github.com/spf13/pflag"
)

// addLimits adds the flags for the settings that clients and servers share, and
// sets o to their defaults.
func addLimits(fs *pflag.FlagSet, o *websockets.Options) {
	o.OpenTimeout = websockets.DefaultOpenTimeout
	o.PingInterval = websockets.DefaultPingInterval
	o.PingTimeout = websockets.DefaultPingTimeout
	o.CloseTimeout = websockets.DefaultCloseTimeout
	o.MaxMessageSize = websockets.DefaultMaxMessageSize
	o.MaxQueue = websockets.DefaultMaxQueue
	o.WriteLimit = websockets.DefaultWriteLimit

	fs.Var(durationFlag{value: &o.PingInterval}, "ping-interval",
		`time between the pings that keep the connection alive and measure its latency, or "off"`)
	fs.Var(durationFlag{value: &o.PingTimeout}, "ping-timeout",
		`time for the pong before the connection fails with 1011, or "off"`)
	fs.Var(durationFlag{value: &o.CloseTimeout}, "close-timeout",
		`time for the whole closing handshake, or "off"`)
	fs.Var(sizeFlag[int64]{&o.MaxMessageSize}, "max-message-size",
		`longest message accepted, such as 64MiB, or "off"; a longer one closes the connection with 1009`)
	fs.Var(countFlag{&o.MaxQueue}, "max-queue",
		`messages read ahead, or "off"`)
	fs.Var(sizeFlag[int]{&o.WriteLimit}, "write-limit",
		`bytes that may wait to be written before sending blocks, or "off"`)
	fs.BoolVar(&o.DisableCompression, "no-compression", false,
		"neither offer nor agree to permessage-deflate")
	fs.StringArrayVar(&o.Subprotocols, "subprotocol", nil,
		"subprotocol `NAME`, in order of preference; may be repeated")
}
