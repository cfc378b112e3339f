package conformance_test

import (
	"context"
	"fmt"
	"net"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/conformance"
)

// ExampleSuite_TestServer tests how a server handles reserved bits and opcodes.
func ExampleSuite_TestServer() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &websockets.Server{
		Options: websockets.Options{Logger: quiet},
		Handler: func(ctx context.Context, conn *websockets.Conn) error {
			for msg, err := range conn.Messages(ctx) {
				if err != nil {
					return err
				}
				if err := conn.Send(ctx, msg); err != nil {
					return err
				}
			}
			return nil
		},
	}
	go func() { _ = server.Serve(ln) }()
	defer server.Close()

	cases, err := conformance.Select("3.*", "4.*")
	if err != nil {
		fmt.Println(err)
		return
	}
	suite := &conformance.Suite{Cases: cases}
	report, err := suite.TestServer(context.Background(), "ws://"+ln.Addr().String()+"/")
	if err != nil {
		fmt.Println(err)
		return
	}
	passed := 0
	for _, r := range report.Agents[0].Results {
		if r.Passed(true) {
			passed++
		} else {
			fmt.Println(r.Case.ID, r.Case.Title, r.Reason, r.Ending)
		}
	}
	fmt.Println(passed, "cases passed")
	// Output: 17 cases passed
}
