package websockets

import (
	"context"
	"io"
	"iter"
)

func (c *Conn) Recv(ctx context.Context) (Message, error)                  { panic("") }
func (c *Conn) RecvInto(ctx context.Context, buf []byte) (Message, error)  { panic("") }
func (c *Conn) Messages(ctx context.Context) iter.Seq2[Message, error]     { panic("") }
func (c *Conn) Reader(ctx context.Context) (MessageType, io.Reader, error) { panic("") }
