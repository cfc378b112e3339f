package websockets_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// At level Debug each frame is in the log, in the frame notation, and nothing
// that a peer sends gets out of its line.
func TestFramesAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c, p := scripted(t, websockets.RoleServer, &websockets.Options{Logger: logger})
		ctx := context.Background()
		long := strings.Repeat("long ", 1000)
		p.Send(`TEXT "hel" more`, `PING 01 02`, `CONT "lo" fin`, `TEXT "\x1b[2J\r\nlevel=ERROR"`, `TEXT "`+long+`"`)
		for range 3 {
			if _, err := c.Recv(ctx); err != nil {
				t.Fatal(err)
			}
		}
		_ = c.Send(ctx, websockets.Binary([]byte{0, 255}))
		go c.CloseWith(1001, "bye")
		p.Expect("PONG 01 02", "BINARY 00 FF", `CLOSE 1001 "bye"`)
		p.Send("CLOSE 1001")
		<-c.Done()
		var got []string
		for line := range strings.Lines(out.String()) {
			_, f, ok := strings.Cut(line, " frame=")
			if !ok || !strings.Contains(line, "level=DEBUG msg=frame conn=") {
				t.Errorf("line %q", line)
			}
			got = append(got, strings.TrimSpace(f))
		}
		want := []string{
			`"< TEXT \"hel\" more"`,
			`"< PING 01 02"`,
			`"> PONG 01 02"`,
			`"< CONT \"lo\" fin"`,
			`"< TEXT \"\\x1b[2J\\r\\nlevel=ERROR\""`,
			`"< TEXT \"` + long[:128] + `\" ...(5000 bytes)"`,
			`"> BINARY 00 FF"`,
			`"> CLOSE 1001 \"bye\""`,
			`"< CLOSE 1001"`,
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestNothingIsLoggedByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&out, nil))
		c, s := wstest.Pair(t, &websockets.Options{Logger: logger}, &websockets.Options{Logger: logger})
		ctx := context.Background()
		_ = c.Send(ctx, websockets.Text("x"))
		_, _ = s.Recv(ctx)
		_ = c.Close()
		if out.Len() > 0 {
			t.Errorf("logged %s", &out)
		}
	})
}
