package frame_test

import (
	"bytes"
	"fmt"

	"github.com/go-websockets/websockets/frame"
)

// A server reads what a client wrote.
func ExampleRead() {
	var wire bytes.Buffer
	hello := frame.Frame{FIN: true, Opcode: frame.OpText, Payload: frame.Data("Hello")}
	key := [4]byte{0x37, 0xFA, 0x21, 0x3D} // in earnest: new random bytes for each frame
	if err := hello.Write(&wire, frame.WriteOptions{Masked: true, MaskingKey: key}); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("% X\n", wire.Bytes())

	f, err := frame.Read(&wire, frame.ReadOptions{Masked: true})
	fmt.Println(f, err)

	_, err = frame.Read(bytes.NewReader([]byte("\x81\x05Hello")), frame.ReadOptions{Masked: true})
	fmt.Println(err)
	// Output:
	// 81 85 37 FA 21 3D 7F 9F 4D 51 58
	// TEXT "Hello" <nil>
	// protocol error: unmasked TEXT frame from a client (RFC 6455 §5.1)
}

func ExampleParseHeader() {
	b := []byte{0x02, 0x7E, 0x01}
	_, n, err := frame.ParseHeader(b)
	fmt.Println(n, err) // not a whole header yet

	b = append(b, 0x00)
	h, n, err := frame.ParseHeader(b)
	fmt.Println(h, n, err)
	// Output:
	// 0 <nil>
	// BINARY ...(256 bytes) more 4 <nil>
}

func ExampleParseClose() {
	code, reason, err := frame.ParseClose([]byte("\x03\xE9maintenance"))
	fmt.Printf("%v %q %v\n", code, reason, err)

	_, _, err = frame.ParseClose([]byte("\x03\xEE"))
	fmt.Println(err)
	// Output:
	// 1001 (going away) "maintenance" <nil>
	// protocol error: close code 1006 is not allowed in a close frame (RFC 6455 §7.4)
}

func ExampleParseLine() {
	l, err := frame.ParseLine(`> BINARY "magic" 00*100 more   # the first fragment`)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(l.Direction == frame.Sent, l.Frame.Opcode, len(l.Frame.Payload), l.Frame.FIN)
	fmt.Println(l)

	_, err = frame.ParseLine(`> TEXT "hi" mor`)
	fmt.Println(err)
	// Output:
	// true BINARY 105 false
	// > BINARY "magic" 00*100 more
	// frame notation: unexpected "mor" at offset 12
}
