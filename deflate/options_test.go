package deflate

import (
	"strings"
	"testing"
)

func TestOptionsCheck(t *testing.T) {
	for _, o := range []Options{
		{},
		{WindowBits: 8, PeerWindowBits: 15, Threshold: -1},
		{WindowBits: 15, Level: 9},
		{WindowBits: 15, Level: 1},
	} {
		if err := o.Check(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
		New(o)
	}
	for want, o := range map[string]Options{
		"WindowBits is 7":                      {WindowBits: 7},
		"WindowBits is 16":                     {WindowBits: 16},
		"WindowBits is -1":                     {WindowBits: -1},
		"PeerWindowBits is 7":                  {PeerWindowBits: 7},
		"PeerWindowBits is 16":                 {PeerWindowBits: 16},
		"Level is -1":                          {WindowBits: 15, Level: -1},
		"Level is 10":                          {WindowBits: 15, Level: 10},
		"Level is 6, but WindowBits is not 15": {Level: 6},
	} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New(%+v) does not panic", o)
				}
			}()
			New(o)
		}()
	}
}
