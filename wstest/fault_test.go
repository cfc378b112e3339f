package wstest

import (
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestDelayKeepsOrderAndTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		start := time.Now()
		a.Out().Delay(100 * time.Millisecond)
		a.Write([]byte("slow"))
		a.Out().Delay(0)
		a.Write([]byte("fast")) // must not overtake
		a.CloseWrite()
		got, err := io.ReadAll(b)
		if string(got) != "slowfast" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("it took %v", took)
		}

		b.Write([]byte("back")) // the other direction has no delay
		a.Read(make([]byte, 4))
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("the way back took %v", took-100*time.Millisecond)
		}
	})
}

func TestDelayEachWriteArrivesAtItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		start := time.Now()
		a.Out().Delay(time.Second)
		go func() {
			a.Write([]byte("1"))
			time.Sleep(300 * time.Millisecond)
			a.Write([]byte("2"))
			a.Close()
		}()
		for _, want := range []struct {
			at  time.Duration
			err error
		}{{time.Second, nil}, {1300 * time.Millisecond, nil}, {1300 * time.Millisecond, io.EOF}} {
			_, err := b.Read(make([]byte, 10))
			if took := time.Since(start); took != want.at || err != want.err {
				t.Errorf("read at %v with error %v, want %v with %v", took, err, want.at, want.err)
			}
		}
	})
}

func TestSplitBoundsEachRead(t *testing.T) {
	a, b := Pipe()
	a.Out().Split(2)
	a.Write([]byte("hello"))
	for _, want := range []string{"he", "ll", "o"} {
		buf := make([]byte, 10)
		n, err := b.Read(buf)
		if string(buf[:n]) != want || err != nil {
			t.Errorf("read %q, %v; want %q", buf[:n], err, want)
		}
	}
	a.Out().Split(0)
	a.Write([]byte("hello"))
	if n, _ := b.Read(make([]byte, 10)); n != 5 {
		t.Errorf("read %d bytes after the fault ended", n)
	}
}

func TestCutAfterResetsBothEnds(t *testing.T) {
	for name, window := range map[string]int{"buffered": 0, "window 2": 2, "rendezvous": Rendezvous} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := (&Network{Window: window}).Pipe()
				a.Out().CutAfter(7)
				done := make(chan error)
				go func() {
					n, err := a.Write([]byte("hello"))
					if n != 5 || err != nil {
						t.Errorf("first write: %d, %v", n, err)
					}
					n, err = a.Write([]byte("world"))
					if n != 2 {
						t.Errorf("second write: %d bytes", n)
					}
					done <- err
				}()
				got, err := io.ReadAll(b)
				if string(got) != "hellowo" {
					t.Errorf("read %q", got)
				}
				wantError(t, "read", err, syscall.ECONNRESET)
				wantError(t, "write across the cut", <-done, syscall.ECONNRESET)
				_, err = a.Read(make([]byte, 1))
				wantError(t, "read of the writing end", err, syscall.ECONNRESET)
				_, err = b.Write([]byte("x"))
				wantError(t, "write of the reading end", err, syscall.ECONNRESET)
			})
		})
	}
}

func TestCutAfterNothingIsNow(t *testing.T) {
	a, b := Pipe()
	a.Write([]byte("sent before"))
	a.Out().CutAfter(0)
	n, err := a.Write([]byte("x"))
	if n != 0 {
		t.Errorf("wrote %d bytes", n)
	}
	wantError(t, "write", err, syscall.ECONNRESET)
	got, err := io.ReadAll(b)
	if string(got) != "sent before" || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestDropAfterLosesAllInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := (&Network{Window: 10}).Pipe()
		a.Out().DropAfter(3)
		for range 5 { // more than the window holds
			if n, err := a.Write([]byte("hello")); n != 5 || err != nil {
				t.Errorf("write: %d, %v", n, err)
			}
		}
		if n := a.Out().Pending(); n != 3 {
			t.Errorf("%d bytes on their way, want 3", n)
		}
		a.Close() // nobody tells the peer
		b.SetReadDeadline(time.Now().Add(time.Hour))
		got, err := io.ReadAll(b)
		if ne, ok := err.(interface{ Timeout() bool }); string(got) != "hel" || !ok || !ne.Timeout() {
			t.Errorf("read %q, %v", got, err)
		}
		b.SetWriteDeadline(time.Now().Add(time.Hour))
		if n, err := b.Write(make([]byte, 11)); n != 10 || err == nil {
			t.Errorf("write to a peer that does not acknowledge: %d, %v", n, err)
		}
	})
}

func TestDropAfterLosesTheEndOfTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		a.Out().DropAfter(0)
		a.CloseWrite()
		b.SetReadDeadline(time.Now().Add(time.Hour))
		_, err := b.Read(make([]byte, 1))
		wantError(t, "read", err, os.ErrDeadlineExceeded)
	})
}

func TestDropAfterLetsAWriteGoOnThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := (&Network{Window: 1}).Pipe()
		done := make(chan error)
		go func() {
			_, err := a.Write([]byte("hello"))
			done <- err
		}()
		synctest.Wait()
		a.Out().DropAfter(0)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestResumeDeliversWhatWasStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := (&Network{Window: 5}).Pipe()
		a.Out().Stall()
		a.Write([]byte("hello"))
		a.SetWriteDeadline(time.Now().Add(time.Second))
		if n, err := a.Write([]byte("x")); n != 0 || err == nil {
			t.Errorf("write into a full window: %d, %v", n, err)
		}
		a.Close()
		b.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := b.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
			t.Errorf("read while stalled: %d, %v", n, err)
		}
		b.SetReadDeadline(time.Time{})
		a.Out().Resume()
		if got, err := io.ReadAll(b); string(got) != "hello" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
	})
}

func TestResumeTakesBackACut(t *testing.T) {
	a, b := Pipe()
	a.Out().CutAfter(3)
	a.Out().Resume()
	a.Write([]byte("hello"))
	a.Out().DropAfter(0)
	a.Write([]byte("lost"))
	a.Out().Resume()
	a.Write([]byte("world"))
	a.Close()
	if got, err := io.ReadAll(b); string(got) != "helloworld" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestResetBreaksBothDirectionsAtOnce(t *testing.T) {
	onEachKind(t, func(t *testing.T, a, b *Conn) {
		done := make(chan error, 4)
		b.Out().Stall() // does not hold back a reset
		for _, c := range []*Conn{a, b} {
			go func() {
				_, err := c.Read(make([]byte, 1))
				done <- err
			}()
		}
		synctest.Wait()
		a.Reset()
		for range 2 {
			wantError(t, "read", <-done, syscall.ECONNRESET)
		}
		for _, c := range []*Conn{a, b} {
			_, err := c.Write([]byte("x"))
			wantError(t, "write", err, syscall.ECONNRESET)
			if err := c.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	})
}
