package differential

import (
	"slices"
	"strconv"
	"strings"
)

// A deviation is what a library does otherwise than we do, and why.
type deviation struct {
	library string
	role    string // "" or the one of the library
	faults  []string
	does    does
	who     string // is right: we, they, or both
	why     string
}

// A does says whether they deviate from us in a certain way.
type does func(s *session, we, they outcome) bool

// deviations are all that are known. What is in none of them fails the test. The
// first faults are those of the frames, the last those of close frames.
var deviations = []deviation{
	{"gws", "", []string{topBit}, panics, "we", "it panics: a length is a number without sign of 63 bits, and others must be refused (RFC 6455 §5.2)"},
	{"gorilla", "", []string{topBit}, drops, "both", "it ends without a close frame, which only should be sent (RFC 6455 §7.1.7)"},
	{"coder", "", []string{topBit}, drops, "both", "as gorilla"},
	{"gobwas", "", []string{topBit}, drops, "both", "as gorilla"},

	{"gorilla", "", []string{longForm}, goesOn, "we", "lengths must be in as few bytes as will do (RFC 6455 §5.2); it takes others"},
	{"coder", "", []string{longForm}, goesOn, "we", "as gorilla"},
	{"gws", "", []string{longForm}, goesOn, "we", "as gorilla"},
	{"gobwas", "", []string{longForm}, goesOn, "we", "as gorilla"},

	{"coder", "server", []string{wrongMask}, drops, "both", "it ends without a close frame (RFC 6455 §7.1.7)"},
	{"coder", "client", []string{wrongMask}, goesOn, "we", "a client must refuse masked frames (RFC 6455 §5.1); it does not look"},
	{"gws", "", []string{reservedBit}, ifCompressed(goesOn), "we", "with compression it does not look at the reserved bits 2 and 3 (RFC 6455 §5.2)"},
	{"gorilla", "", []string{rsv1Continues, rsv1Control}, goesOn, "we", "RSV1 is for the first frame of a message only (RFC 7692 §6.1); it takes it everywhere"},
	{"gws", "", []string{rsv1Continues, rsv1Control}, goesOn, "we", "as gorilla"},
	{"gobwas", "", []string{wrongMask, reservedBit, reservedOpcode, strayCont, strayData, cutControl, longControl}, drops, "both", "it ends without a close frame (RFC 6455 §7.1.7)"},

	{"coder", "", []string{badText}, goesOn, "we", "texts must be UTF-8 (RFC 6455 §8.1); it does not look"},
	{"gorilla", "", []string{badText}, noticesLater, "both", "its program looks when the message is whole, we look at each byte"},
	{"gws", "", []string{badText}, noticesLater, "both", "it looks when the message is whole"},
	{"gobwas", "", []string{badText}, noticesLater, "both", "it looks when the message is whole, and ends without a close frame"},

	{"coder", "", []string{tooBig}, drops, "both", "it counts what comes, not what is announced, and here that never comes"},
	{"coder", "", []string{tooBig, endsWithout, endsCut}, deliversTorn, "we", "where the transport ends between frames, or before a payload, it delivers what it has of the message as if it were whole (RFC 6455 §5.4)"},
	{"gobwas", "", []string{tooBig}, goesOn, "both", "the functions that its README recommends have no limit on messages"},
	{"gorilla", "", []string{tooBigInflated}, goesOn, "both", "its limit is on what comes in; the RFCs demand none"},
	{"gws", "", []string{tooBigInflated}, closesWith(1011), "both", "it closes with 1011, and not with 1009, which says what is wrong (RFC 6455 §7.4.1)"},
	{"gws", "", []string{tooBigInflated}, noticesLater, "both", "it inflates when the message is whole"},
	{"coder", "", []string{tooBigInflated}, noticesLater, "both", "it inflates larger pieces"},

	{"gorilla", "", []string{badDeflate}, noticesLater, "both", "it ends without a close frame (RFC 6455 §7.1.7)"},
	{"coder", "", []string{badDeflate}, noticesLater, "both", "as gorilla"},
	{"coder", "", []string{badDeflate}, goesOn, "we", "it delivers what there is of a message whose data is cut short"},
	{"gws", "", []string{badDeflate}, noticesLater, "both", "it inflates when the message is whole, and closes with 1011"},

	{"gws", "", []string{endsWithout, endsCut}, closesWith(1000), "we", "it closes normally what the peer has torn off; that is 1006, which nobody sends (RFC 6455 §7.1.5)"},
	{"gws", "", closedAs(1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013), closesWith(1000), "both", "it answers these codes with 1000; to send them back is usual, not a must (RFC 6455 §5.5.1)"},
	{"gws", "", closedAs(1014), closesWith(1002), "we", "it does not know 1014, which is registered with IANA"},
	{"gorilla", "", closedAs(1014), closesWith(1002), "we", "as gws"},
	{"gobwas", "server", closedAs(1012, 1013, 1014), closesWith(1002), "we", "it does not know the codes that were registered after RFC 6455"},
	{"gobwas", "client", closedAs(1012, 1013, 1014), doesNotMask, "we", "as the server; and its refusals are not masked, which they must be (RFC 6455 §5.1)"},
	{"gobwas", "client", []string{badCode, badReason, closeOneByte}, doesNotMask, "we", "its refusals are not masked (RFC 6455 §5.1)"},
	{"gobwas", "", []string{badCode}, closesWith(5000, 65535), "we", "it takes codes above 4999, which there are none of (RFC 6455 §7.4.2)"},
	{"gobwas", "server", []string{badReason}, closesWith(1002), "both", "the code for that is 1007 (RFC 6455 §8.1), but it is not wrong as a protocol error"},
	{"gorilla", "", []string{badReason}, closesWith(1002), "both", "as gobwas"},
	{"coder", "", []string{badReason}, closesWith(1000), "we", "it does not look whether the reason is UTF-8, and sends it back (RFC 6455 §5.5.1)"},
	{"gorilla", "", []string{closeOneByte}, closesWith(1005), "we", "one byte is no code (RFC 6455 §5.5.1); it takes that for none"},
}

func closedAs(codes ...int) (faults []string) {
	for _, code := range codes {
		faults = append(faults, closesAs+strconv.Itoa(code))
	}
	return faults
}

// known reports whether a disagreement is in the table.
func known(library string, s *session, we, they outcome) bool {
	if s.behindFinal {
		return true // The others end a message there, and coder takes the rest for the next one, but there may be more (RFC 7692 §7.2.1).
	}
	if s.noFlush {
		return true // There are senders that leave out the empty block at the end; the others fail, or deliver what there is.
	}
	role := "client"
	if s.fromClient {
		role = "server"
	}
	return slices.ContainsFunc(deviations, func(d deviation) bool {
		return d.library == library && (d.role == "" || d.role == role) && slices.Contains(d.faults, s.fault) && d.does(s, we, they)
	})
}

// panics: it panics where we fail the connection.
func panics(_ *session, we, they outcome) bool {
	return strings.Contains(they.panicked, "slice bounds out of range") && noMore(we, they)
}

// drops: it notices as we do, and ends without a close frame.
func drops(_ *session, we, they outcome) bool {
	return sane(they) && they.closed == 0 && noMore(we, they)
}

// goesOn: it does not notice. What comes then is another story.
func goesOn(_ *session, we, they outcome) bool {
	return !they.refused && begins(we.messages, they.messages) && begins(we.pongs, they.pongs)
}

// noticesLater: it delivers the same, but may have answered more pings, and may come
// upon another fault first.
func noticesLater(_ *session, we, they outcome) bool {
	return !they.refused && slices.Equal(we.messages, they.messages) && begins(we.pongs, they.pongs)
}

// deliversTorn: it delivers one message more.
func deliversTorn(_ *session, we, they outcome) bool {
	return sane(they) && they.closed == 0 && len(they.messages) == len(we.messages)+1 &&
		begins(we.messages, they.messages) && slices.Equal(we.pongs, they.pongs)
}

// doesNotMask: it notices as we do, and its close frame is not masked.
func doesNotMask(_ *session, we, they outcome) bool {
	return they.wrong == "masking" && they.panicked == "" && noMore(we, they)
}

// closesWith: it notices as we do, or does not, and closes with another code.
func closesWith(codes ...int) does {
	return func(_ *session, we, they outcome) bool {
		return sane(they) && slices.Contains(codes, they.closed) && noMore(we, they)
	}
}

func ifCompressed(d does) does {
	return func(s *session, we, they outcome) bool { return s.compressed && d(s, we, they) }
}

func sane(o outcome) bool { return !o.refused && o.panicked == "" && o.wrong == "" }

func noMore(we, they outcome) bool {
	return slices.Equal(we.messages, they.messages) && slices.Equal(we.pongs, they.pongs)
}

func begins(prefix, all []string) bool {
	return len(all) >= len(prefix) && slices.Equal(prefix, all[:len(prefix)])
}
