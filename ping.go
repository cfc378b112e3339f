package websockets

import (
	"context"
	"time"
)

type Ping struct{}

func (p *Ping) Wait(ctx context.Context) (time.Duration, error) { panic("") }
func (p *Ping) Done() <-chan struct{}                           { panic("") }

func (c *Conn) Ping(ctx context.Context, payload []byte) (*Ping, error) { panic("") }
func (c *Conn) Pong(ctx context.Context, payload []byte) error          { panic("") }
