package wstest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// kinds are networks that must all keep the promises of net.Conn.
var kinds = map[string]*Network{
	"default":    {},
	"window 1":   {Window: 1},
	"rendezvous": {Window: Rendezvous},
	"split":      {Connected: func(a, _ *Conn) { a.In().Split(1); a.Out().Split(3) }},
	"delay":      {Connected: func(a, _ *Conn) { a.In().Delay(time.Second); a.Out().Delay(time.Minute) }},
	"reset":      {ResetUnread: true},
}

// onEachKind runs f in a bubble with the two ends of a connection of each kind.
func onEachKind(t *testing.T, f func(t *testing.T, a, b *Conn)) {
	for name, network := range kinds {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := (&Network{Window: network.Window, ResetUnread: network.ResetUnread, Connected: network.Connected}).Pipe()
				defer a.Close()
				defer b.Close()
				f(t, a, b)
			})
		})
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error %v, want %v", what, got, want)
	}
}

func TestConnCarriesBytesInBothDirectionsUntilTheEnd(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		there, back := pattern(10_000, 7), pattern(20_000, 11)
		go func() {
			a.Write(there)
			a.CloseWrite()
		}()
		go func() {
			b.Write(back)
			b.CloseWrite()
		}()
		var wg sync.WaitGroup
		for _, c := range []struct {
			end  *Conn
			want []byte
		}{{a, back}, {b, there}} {
			wg.Go(func() {
				got, err := io.ReadAll(c.end)
				if err != nil || !bytes.Equal(got, c.want) {
					t.Errorf("read %d bytes, error %v; want the %d that were written", len(got), err, len(c.want))
				}
			})
		}
		wg.Wait()
	})
}

func pattern(n, step int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i * step >> 3)
	}
	return p
}

func TestConnDeliversWhatWasWrittenBeforeClose(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		go func() {
			a.Write([]byte("last words"))
			a.Close()
		}()
		got, err := io.ReadAll(b)
		if string(got) != "last words" || err != nil {
			t.Errorf("read %q, error %v", got, err)
		}
		_, err = b.Write([]byte("too late"))
		wantError(t, "write to a closed peer", err, syscall.EPIPE)
	})
}

func TestConnWritesOfManyGoroutinesDoNotMix(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		const writers, size = 8, 1000
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() { a.Write(bytes.Repeat([]byte{byte(w)}, size)) })
		}
		go func() {
			wg.Wait()
			a.CloseWrite()
		}()
		got, err := io.ReadAll(b)
		if err != nil || len(got) != writers*size {
			t.Fatalf("read %d bytes, error %v", len(got), err)
		}
		for i, c := range got {
			if c != got[i-i%size] {
				t.Fatalf("byte %d is of another write", i)
			}
		}
	})
}

func TestConnReadsOfManyGoroutinesLoseNothing(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		sum := 0
		for range 8 {
			wg.Go(func() {
				var buf [16]byte
				for {
					n, err := b.Read(buf[:])
					mu.Lock()
					for _, c := range buf[:n] {
						sum += int(c)
					}
					mu.Unlock()
					if err != nil {
						return
					}
				}
			})
		}
		want := 0
		for _, c := range pattern(5000, 5) {
			want += int(c)
		}
		a.Write(pattern(5000, 5))
		a.CloseWrite()
		wg.Wait()
		if sum != want {
			t.Errorf("sum of all bytes read %d, want %d", sum, want)
		}
	})
}

func TestConnDeadlineInThePastEndsAReadThatWaits(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		done := make(chan error)
		go func() {
			_, err := b.Read(make([]byte, 1))
			done <- err
		}()
		synctest.Wait()
		b.SetReadDeadline(time.Unix(1, 0))
		err := <-done
		wantError(t, "read", err, os.ErrDeadlineExceeded)
		if ne := net.Error(nil); !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("%v is not a net.Error with Timeout", err)
		}

		go a.Write([]byte("x"))
		synctest.Wait()
		_, err = b.Read(make([]byte, 1))
		wantError(t, "read with a byte there", err, os.ErrDeadlineExceeded)

		b.SetReadDeadline(time.Time{})
		if n, err := b.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("read without a deadline: %d, %v", n, err)
		}
	})
}

func TestConnDeadlinePassesOnTime(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		start := time.Now()
		a.SetReadDeadline(start.Add(time.Hour)) // moved before it passes
		a.SetReadDeadline(start.Add(3 * time.Second))
		_, err := a.Read(make([]byte, 1))
		wantError(t, "read", err, os.ErrDeadlineExceeded)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("read took %v", took)
		}

		start = time.Now()
		b.SetWriteDeadline(start.Add(3 * time.Second))
		n, err := b.Write(make([]byte, 100_000)) // more than any window
		wantError(t, "write", err, os.ErrDeadlineExceeded)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("write took %v", took)
		}
		a.SetReadDeadline(time.Time{})
		b.CloseWrite()
		if got, _ := io.ReadAll(a); len(got) != n {
			t.Errorf("write said %d bytes, the peer read %d", n, len(got))
		}
	})
}

func TestConnOwnCloseEndsCallsThatWait(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		read, write := make(chan error), make(chan error)
		go func() {
			_, err := a.Read(make([]byte, 1))
			read <- err
		}()
		go func() {
			_, err := a.Write(make([]byte, 100_000))
			write <- err
		}()
		synctest.Wait()
		a.Close()
		wantError(t, "read", <-read, net.ErrClosed)
		wantError(t, "write", <-write, net.ErrClosed)
		wantError(t, "second close", a.Close(), net.ErrClosed)
		wantError(t, "set a deadline", a.SetDeadline(time.Now()), net.ErrClosed)
		wantError(t, "CloseWrite", a.CloseWrite(), net.ErrClosed)
		wantError(t, "SetLinger", a.SetLinger(0), net.ErrClosed)
		_, err := a.Read(nil)
		wantError(t, "empty read", err, net.ErrClosed)
	})
}

func TestConnCloseEndsTheWriteOfThePeerThatWaits(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		done := make(chan error)
		go func() {
			_, err := b.Write(make([]byte, 100_000))
			done <- err
		}()
		synctest.Wait()
		a.Close()
		want := syscall.EPIPE
		if a.resetUnread {
			want = syscall.ECONNRESET
		}
		wantError(t, "write", <-done, want)
	})
}

func TestConnHalfCloseLeavesTheOtherDirectionOpen(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		a.CloseWrite()
		if n, err := b.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("read: %d, %v", n, err)
		}
		_, err := a.Write([]byte("x"))
		wantError(t, "write after CloseWrite", err, syscall.EPIPE)
		go b.Write([]byte("still there"))
		got := make([]byte, 11)
		if _, err := io.ReadFull(a, got); err != nil || string(got) != "still there" {
			t.Errorf("read %q, error %v", got, err)
		}
	})
}

func TestConnMethodsMayRunAtTheSameTime(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		var wg sync.WaitGroup
		for _, c := range []*Conn{a, b} {
			for range 10 {
				wg.Go(func() { c.Read(make([]byte, 100)) })
				wg.Go(func() { c.Write(make([]byte, 100)) })
				wg.Go(func() { c.SetDeadline(time.Now().Add(10 * time.Millisecond)) })
				wg.Go(func() { c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)) })
				wg.Go(func() { c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)) })
				wg.Go(func() { c.Stats() })
				wg.Go(func() { c.Out().Pending() })
				wg.Go(func() { _, _ = c.LocalAddr().String(), c.RemoteAddr().String() })
			}
		}
		wg.Wait()
	})
}

func TestConnWindowBoundsWhatIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := (&Network{Window: 10}).Pipe()
		done := false
		go func() {
			a.Write(make([]byte, 25))
			done = true
		}()
		for _, want := range []int{10, 10, 5} {
			synctest.Wait()
			if n := a.Out().Pending(); n != want {
				t.Errorf("%d bytes on their way, want %d", n, want)
			}
			io.ReadFull(b, make([]byte, want))
		}
		synctest.Wait()
		if !done {
			t.Error("Write has not returned")
		}
	})
}

func TestConnRendezvousWaitsForTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := (&Network{Window: Rendezvous}).Pipe()
		a.SetWriteDeadline(time.Now().Add(time.Second))
		go b.Read(make([]byte, 3))
		n, err := a.Write([]byte("hello"))
		wantError(t, "write", err, os.ErrDeadlineExceeded)
		if n != 3 {
			t.Errorf("write said %d bytes, the peer read 3", n)
		}
		a.CloseWrite()
		if got, err := io.ReadAll(b); len(got) != 0 || err != nil {
			t.Errorf("read %q, %v: not written, says Write", got, err)
		}
	})
}

func TestConnLingerZeroAborts(t *testing.T) {
	a, b := Pipe()
	a.Write([]byte("lost"))
	a.SetLinger(0)
	a.Close()
	_, err := b.Read(make([]byte, 4))
	wantError(t, "read", err, syscall.ECONNRESET)
	_, err = b.Write([]byte("x"))
	wantError(t, "write", err, syscall.ECONNRESET)
}

func TestConnResetUnreadMakesCloseAbort(t *testing.T) {
	for _, read := range []bool{true, false} {
		a, b := (&Network{ResetUnread: true}).Pipe()
		b.Write([]byte("x"))
		if read {
			a.Read(make([]byte, 1))
		}
		a.Write([]byte("bye"))
		a.Close()
		got, err := io.ReadAll(b)
		if read && (string(got) != "bye" || err != nil) {
			t.Errorf("all was read: peer gets %q, %v", got, err)
		}
		if !read && (len(got) != 0 || !errors.Is(err, syscall.ECONNRESET)) {
			t.Errorf("not all was read: peer gets %q, %v", got, err)
		}
	}
}

func TestConnStatsCountCallsAndBytes(t *testing.T) {
	a, b := Pipe()
	a.Write([]byte("hello"))
	a.Write([]byte("world"))
	b.Read(make([]byte, 100))
	b.SetDeadline(time.Time{})
	b.SetReadDeadline(time.Time{})
	a.SetWriteDeadline(time.Time{})
	if got, want := a.Stats(), (Stats{Writes: 2, BytesWritten: 10, WriteDeadlines: 1}); got != want {
		t.Errorf("writer: %+v, want %+v", got, want)
	}
	if got, want := b.Stats(), (Stats{Reads: 1, BytesRead: 10, ReadDeadlines: 2, WriteDeadlines: 1}); got != want {
		t.Errorf("reader: %+v, want %+v", got, want)
	}
}

func TestConnAddressesAreThoseOfThePeers(t *testing.T) {
	a, b := Pipe()
	if a.LocalAddr() != b.RemoteAddr() || a.RemoteAddr() != b.LocalAddr() || a.LocalAddr() == b.LocalAddr() {
		t.Errorf("%v-%v and %v-%v", a.LocalAddr(), a.RemoteAddr(), b.LocalAddr(), b.RemoteAddr())
	}
	if _, _, err := net.SplitHostPort(a.LocalAddr().String()); err != nil {
		t.Error(err)
	}
	if a.LocalAddr().Network() != "mem" {
		t.Error(a.LocalAddr().Network())
	}
	a.Close()
	_, err := a.Write([]byte("x"))
	if want := "write mem 192.0.2.1:49153->192.0.2.2:49152: use of closed network connection"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestConnReusesSmallBuffersAndDropsBigOnes(t *testing.T) {
	a, b := Pipe()
	buf := make([]byte, 60<<10)
	if n := testing.AllocsPerRun(100, func() {
		a.Write(buf[:1024])
		io.ReadFull(b, buf[:1024])
	}); n != 0 {
		t.Errorf("a small write allocates %v times", n)
	}
	a.Write(buf)
	io.ReadFull(b, buf)
	if a.out.buf != nil {
		t.Errorf("an idle connection keeps %d bytes", cap(a.out.buf))
	}
}
