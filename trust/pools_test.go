package trust

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// Buffers come from pools. However connections mix, and whenever they end, a
// message reaches the connection that it was sent on, and no other.
func TestMessagesStayOnTheirConnection(t *testing.T) {
	t.Run("CVE-2022-25762", func(t *testing.T) {
		const conns, messages = 30, 60
		var all sync.WaitGroup
		for i := range conns {
			client, server := wstest.Pair(t, nil, nil)
			all.Go(func() { exchange(t, i, messages, client, server) })
		}
		all.Wait()
	})
}

// exchange sends messages in both directions of a connection, each with the
// connection's own mark all over it, and drops the connection in the end.
func exchange(t *testing.T, id, messages int, client, server *websockets.Conn) {
	text := func(side string, i int) string {
		return strings.Repeat(fmt.Sprintf("[%d %s %d]", id, side, i), 1+(i*id)%300)
	}
	var both sync.WaitGroup
	for side, c := range map[string]*websockets.Conn{"client": client, "server": server} {
		both.Go(func() {
			for i := range messages {
				if err := c.Send(context.Background(), websockets.Text(text(side, i))); err != nil {
					t.Errorf("connection %d, %s: %v", id, side, err)
				}
			}
		})
		both.Go(func() {
			from := map[string]string{"client": "server", "server": "client"}[side]
			for i := range messages {
				m, err := c.Recv(context.Background())
				if err != nil || m.String() != text(from, i) {
					t.Errorf("connection %d, %s: message %d is %.60q, %v", id, side, i, m.Data, err)
					return
				}
			}
		})
	}
	both.Wait()
	_ = client.CloseNow()
}
