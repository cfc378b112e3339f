//go:build linux

package bounds

import (
	"context"
	"slices"
	"time"

	"github.com/go-websockets/websockets"
)

// fairness measures how long honest echoes take while the script goes on, and while it
// rests: in turns, so that whatever else the machine does concerns both.
func (r *runner) fairness(s *Script, c *Cost) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute+3*time.Duration(r.Windows)*r.Window)
	defer cancel()
	conn, err := websockets.Dial(ctx, "ws://"+r.addr+"/echo")
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := r.hostile.do(order{Do: "waves", Script: s.Name, Addr: r.addr, N: r.Connections, Rate: r.Rate}); err != nil {
		return err
	}
	defer func() { _, _ = r.hostile.do(order{Do: "end"}) }()
	var calm, attacked []float64
	for range r.Windows {
		for _, w := range []struct {
			do string
			to *[]float64
		}{{"go", &attacked}, {"pause", &calm}} {
			if _, err := r.hostile.do(order{Do: w.do}); err != nil {
				return err
			}
			time.Sleep(100 * time.Millisecond) // what was begun gets done
			p99, err := echoes(ctx, conn, r.Window)
			if err != nil {
				return err
			}
			*w.to = append(*w.to, p99)
		}
	}
	c.Calm, c.Attacked = median(calm), median(attacked)
	return nil
}

// echoes sends small messages one after the other and returns how long 99 of 100 take
// at most, in seconds.
func echoes(ctx context.Context, conn *websockets.Conn, window time.Duration) (float64, error) {
	var took []float64
	m := websockets.Text("an honest message of some forty bytes, as in chat")
	for end := time.Now().Add(window); time.Now().Before(end); time.Sleep(500 * time.Microsecond) {
		start := time.Now()
		if err := conn.Send(ctx, m); err != nil {
			return 0, err
		}
		if _, err := conn.Recv(ctx); err != nil {
			return 0, err
		}
		took = append(took, time.Since(start).Seconds())
	}
	slices.Sort(took)
	return took[len(took)*99/100], nil
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
