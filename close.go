package websockets

func (c *Conn) Close() error                                  { panic("") }
func (c *Conn) CloseWith(code CloseCode, reason string) error { panic("") }
func (c *Conn) CloseNow() error                               { panic("") }
func (c *Conn) Done() <-chan struct{}                         { panic("") }
func (c *Conn) Err() error                                    { panic("") }
