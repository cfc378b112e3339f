package report

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/frame"
)

// autobahnCase is the file of a case; i is its place among those that were
// selected.
func autobahnCase(a *conformance.Agent, r *conformance.Result, i int) map[string]any {
	family := r.Case.Family()
	return map[string]any{
		"agent":                  a.Name,
		"case":                   number(a, r.Case, i),
		"id":                     r.Case.ID,
		"description":            r.Case.Title,
		"expectation":            r.Case.Expectation,
		"started":                r.Started.UTC().Format("2006-01-02T15:04:05.000Z"),
		"duration":               r.Duration.Milliseconds(),
		"reportTime":             r.Case.Volume,
		"reportCompressionRatio": family == "12" || family == "13",

		"behavior":      behaviorName(r.Behavior),
		"behaviorClose": closingName(r.Closing),
		"result":        orExpected(r.Reason),
		"resultClose":   orExpected(r.Ending),
		"expected":      expected(r.Expected),
		"received":      events(r.Received),
		"expectedClose": expectedClose(r.ExpectedClose),

		"closedByMe":        !r.ClosedByPeer && r.Local.Sent,
		"failedByMe":        r.Violation,
		"droppedByMe":       r.DroppedByUs,
		"wasClean":          r.Clean,
		"wasNotCleanReason": notClean(r),

		"wasServerConnectionDropTimeout": r.Overdue == conformance.DropWait,
		"wasOpenHandshakeTimeout":        r.Overdue == conformance.OpeningWait,
		"wasCloseHandshakeTimeout":       r.Overdue == conformance.ClosingWait,

		"localCloseCode":    closeCode(r.Local),
		"localCloseReason":  closeReason(r.Local),
		"remoteCloseCode":   closeCode(r.Remote),
		"remoteCloseReason": closeReason(r.Remote),

		"isServer":      a.Peers == conformance.Clients,
		"httpRequest":   orUnknown(r.Request),
		"httpResponse":  orUnknown(r.Response),
		"createStats":   true,
		"createWirelog": !r.Case.Volume,
		"rxOctetStats":  counts(r.Stats.Reads),
		"txOctetStats":  counts(r.Stats.Writes),
		"rxFrameStats":  counts(r.Stats.FramesIn),
		"txFrameStats":  counts(r.Stats.FramesOut),
		"trafficStats":  traffic(r),
		"wirelog":       wirelog(a, r.Log),
	}
}

func orExpected(why string) string {
	if why == "" {
		return "as expected"
	}
	return why
}

func orUnknown(head string) string {
	if head == "" {
		return "?"
	}
	return head
}

func notClean(r *conformance.Result) any {
	if r.Clean {
		return nil
	}
	if r.Ending == "" {
		return "there was no closing handshake"
	}
	return r.Ending
}

func counts[K frame.Opcode | int](m map[K]int) map[string]int {
	named := map[string]int{}
	for k, n := range m {
		named[strconv.Itoa(int(k))] = n
	}
	return named
}

func expected(list []conformance.Expected) map[string]any {
	m := map[string]any{}
	for _, e := range list {
		m[behaviorName(e.Verdict)] = events(e.Events)
	}
	return m
}

func expectedClose(e conformance.ExpectedClose) map[string]any {
	codes := []int{}
	for _, c := range e.Codes {
		codes = append(codes, int(c))
	}
	m := map[string]any{"closeCode": codes, "closedByMe": !e.ByPeer, "requireClean": e.Clean}
	if e.ByPeer && e.Fatal {
		m["closedByWrongEndpointIsFatal"] = true
	}
	return m
}

// events translates events in the notation of frame.Line.
func events(lines []string) []any {
	list := []any{}
	for _, text := range lines {
		line, _, ok := parse(text)
		switch tag, isTimeout := strings.CutPrefix(text, "timeout "); {
		case isTimeout:
			name, _ := strconv.Unquote(tag)
			list = append(list, []any{"timeout", name})
		case ok && line.Frame.Opcode == frame.OpPong:
			list = append(list, []any{"pong", readable(line.Frame.Payload)})
		case ok:
			list = append(list, []any{"message", readable(line.Frame.Payload), line.Frame.Opcode == frame.OpBinary})
		}
	}
	return list
}

// parse reads a line of the log. Of a long payload it has only the beginning; size
// is the whole length.
func parse(text string) (line frame.Line, size int, ok bool) {
	start, flags, size, cut := uncut(text)
	if cut {
		text = start + flags
	}
	line, err := frame.ParseLine(text)
	if !cut {
		size = max(len(line.Frame.Payload), len(line.Raw))
	}
	return line, size, err == nil
}

// uncut takes a line apart at what stands for the rest of a long payload, as in
//
//	> TEXT "Call me Ishmael" ...(70000 bytes) more
func uncut(text string) (start, flags string, size int, ok bool) {
	const mark, unit = " ...(", " bytes)"
	i := strings.LastIndex(text, mark)
	if i < 0 {
		return "", "", 0, false
	}
	number, flags, found := strings.Cut(text[i+len(mark):], unit)
	size, err := strconv.Atoi(number)
	return text[:i], flags, size, found && err == nil && !strings.Contains(flags, `"`)
}

// readable is a payload as the files have it: as text or as hexadecimal digits, and
// cut.
func readable(p []byte) string {
	s := string(p)
	if !utf8.Valid(p) {
		s = "0x" + hex.EncodeToString(p)
	}
	if len(p) <= 60 {
		return s
	}
	end := min(64, len(s))
	for end < len(s) && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + " ..."
}

func wirelog(a *conformance.Agent, log []conformance.Entry) []any {
	rows := []any{}
	for _, e := range log {
		line, size, ok := parse(e.Text)
		if !ok {
			continue // a remark
		}
		if line.Kind == frame.RawLine {
			data := []any{size, hex.EncodeToString(line.Raw)}
			if e.Kind == conformance.ReceivedBytes {
				rows = append(rows, []any{"RO", data})
			} else {
				rows = append(rows, []any{"TO", data, false})
			}
			continue
		}
		f := line.Frame
		rsv := 0
		for i, set := range []bool{f.RSV3, f.RSV2, f.RSV1} {
			if set {
				rsv |= 1 << i
			}
		}
		data := []any{size, readable(f.Payload)}
		switch e.Kind {
		case conformance.ReceivedFrame:
			rows = append(rows, []any{"RF", data, int(f.Opcode), f.FIN, rsv, a.Peers == conformance.Clients, nil})
		case conformance.SentFrame:
			rows = append(rows, []any{"TF", data, int(f.Opcode), f.FIN, rsv, nil, nil, nil, false})
		}
	}
	return rows
}

// traffic is there for what was compressed.
func traffic(r *conformance.Result) any {
	if f := r.Case.Family(); f != "12" && f != "13" || r.Behavior != conformance.OK {
		return nil
	}
	s := r.Stats
	m := map[string]any{"preopenIncomingOctetsWireLevel": s.OpeningIn, "preopenOutgoingOctetsWireLevel": s.OpeningOut}
	way := func(name string, wire, payload, plain int64, frames map[frame.Opcode]int, messages int) {
		m[name+"OctetsWireLevel"] = wire
		m[name+"OctetsWebSocketLevel"] = payload
		m[name+"OctetsAppLevel"] = plain
		m[name+"CompressionRatio"] = ratio(payload, plain)
		m[name+"WebSocketOverhead"] = ratio(wire-payload, payload)
		all := 0
		for _, n := range frames {
			all += n
		}
		m[name+"WebSocketFrames"] = all
		m[name+"WebSocketMessages"] = messages
	}
	way("incoming", s.WireIn, s.PayloadIn, s.PlainIn, s.FramesIn, s.MessagesIn)
	way("outgoing", s.WireOut, s.PayloadOut, s.PlainOut, s.FramesOut, s.MessagesOut)
	return m
}

func ratio(a, b int64) any {
	if b == 0 {
		return nil
	}
	return float64(a) / float64(b)
}
