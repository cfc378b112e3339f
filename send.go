package websockets

import (
	"context"
	"io"
	"iter"
)

func (c *Conn) Send(ctx context.Context, m Message) error                         { panic("") }
func (c *Conn) Writer(ctx context.Context, t MessageType) (io.WriteCloser, error) { panic("") }
func Broadcast(conns iter.Seq[*Conn], m Message) error                            { panic("") }
