package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// negotiationOfClients is family 21 for clients.
func negotiationOfClients() []*Case {
	return concat(offersOfClients(), goodAnswers(), badAnswers())
}

// offersOfClients are the cases 21.4: what a client offers.
func offersOfClients() []*Case {
	return []*Case{
		askedCase("21.4.1", inExtensions, "What the client offers: a list of extensions", "The header is one, if there is any.", func(s *session, r *http.Request) error {
			lines := r.Header.Values("Sec-WebSocket-Extensions")
			s.r.fact("offer", "%q", lines)
			_, err := elements(lines)
			return err
		}),
		askedCase("21.4.2", inDeflate, "What the client offers: permessage-deflate with valid parameters", "They are valid, if there are any.", func(_ *session, r *http.Request) error {
			list, _ := elements(r.Header.Values("Sec-WebSocket-Extensions"))
			for _, e := range list {
				if _, err := termsOf(e.params); err != nil && e.name == deflateName {
					return err
				}
			}
			return nil
		}),
		scripted("21.4.3", "RFC 7692 §6", "No extension is agreed on", "The connection works, and nothing is compressed.", Clients, func(s *session) {
			s.responds(baseResponse)
			s.judgeTaking(takes)
		}),
	}
}

// goodAnswers are the cases 21.5: answers that a client must live with if it offers
// permessage-deflate.
func goodAnswers() (cases []*Case) {
	for _, params := range []string{
		"", "; server_no_context_takeover", "; client_no_context_takeover", "; server_no_context_takeover; client_no_context_takeover",
		"; server_max_window_bits=8", "; server_max_window_bits=10", "; server_max_window_bits=15", `; server_max_window_bits="12"`,
		"; client_max_window_bits=15", "; client_max_window_bits=10", "; client_max_window_bits=9; server_max_window_bits=9", ";server_max_window_bits=10",
		" ; server_no_context_takeover",
	} {
		answer := deflateName + params
		cases = append(cases, scripted(fmt.Sprintf("21.5.%d", len(cases)+1), inDeflate, "The answer "+answer,
			"The connection opens, and compressed messages come back, if the client has offered that.", Clients, func(s *session) {
				answer := answer // of this run
				offers := deflateOffers(s.client.request.Header.Values("Sec-WebSocket-Extensions"))
				list, _ := elements([]string{answer})
				t, _ := termsOf(list[0].params)
				fitting := slices.DeleteFunc(slices.Clone(offers), func(o terms) bool { return !suits(t, o) })
				if len(fitting) == 0 {
					s.opens()
					s.finish()
					s.verdict(Unimplemented, "the client does not offer what would allow this")
					return
				}
				if fitting[0].serverAlone && !t.serverAlone {
					t.serverAlone = true
					answer += "; server_no_context_takeover"
				}
				s.responds(plus("Sec-WebSocket-Extensions: " + answer)(baseResponse))
				s.begin(s.client.early)
				if err := s.works(&t); err != nil {
					s.failf("%v", err)
				}
				s.finish()
			}))
	}
	return cases
}

// suits is fits, apart from server_no_context_takeover, which can be added.
func suits(t, o terms) bool {
	o.serverAlone = false
	return t.fits(o)
}

// badAnswers are the cases 21.6: answers that a client must not take.
func badAnswers() (cases []*Case) {
	add := func(section, title, lines string) {
		cases = append(cases, responseCase(fmt.Sprintf("21.6.%d", len(cases)+1), section, title, declinesWith, plus(lines)))
	}
	for _, params := range []string{
		"x-unknown", "x-unknown=1", "server_no_context_takeover=1", "client_no_context_takeover=1",
		"server_no_context_takeover; server_no_context_takeover", "client_no_context_takeover; client_no_context_takeover",
		"server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=0", "server_max_window_bits=08",
		"server_max_window_bits=99", "server_max_window_bits=-1", "server_max_window_bits=abc", "server_max_window_bits=18446744073709551616", `server_max_window_bits=""`,
		"server_max_window_bits=10; server_max_window_bits=10", "server_max_window_bits=10; server_max_window_bits=11",
		"client_max_window_bits", "client_max_window_bits=7", "client_max_window_bits=16", "client_max_window_bits=010", "client_max_window_bits=x",
		"client_max_window_bits=10; client_max_window_bits=10",
	} {
		section := inDeflate
		if strings.Contains(params, "window") {
			section = inWindows
		}
		add(section, "The answer permessage-deflate; "+params, "Sec-WebSocket-Extensions: permessage-deflate; "+params)
	}
	add(inExtensions, "The answer x-not-offered; a=1", "Sec-WebSocket-Extensions: x-not-offered; a=1")
	add(inExtensions, "The answer permessage-deflate, x-not-offered", "Sec-WebSocket-Extensions: permessage-deflate, x-not-offered")
	add("RFC 7692 §5", "The answer permessage-deflate, as many times as nobody offers it", "Sec-WebSocket-Extensions: "+strings.TrimSuffix(strings.Repeat("permessage-deflate, ", 20), ", "))
	add("RFC 6455 §11.3.2", "The answer permessage-deflate, in two lines", "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Extensions: permessage-deflate")
	add(inExtensions, "The answer permessage-deflate;, which is no list of extensions", "Sec-WebSocket-Extensions: permessage-deflate;")
	add(inExtensions, "An answer with an open quote", `Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits="10`)
	add(inExtensions, "The answer permessage-deflate client_no_context_takeover, without a semicolon", "Sec-WebSocket-Extensions: permessage-deflate client_no_context_takeover")
	cases = append(cases, notOffered(fmt.Sprintf("21.6.%d", len(cases)+1)))
	return cases
}

// notOffered answers with a window that a client has not allowed.
func notOffered(id string) *Case {
	return scripted(id, "RFC 7692 §7.1.2.2", "The answer permessage-deflate; client_max_window_bits=10 to a client that does not offer client_max_window_bits",
		takingNames[declinesWith], Clients, func(s *session) {
			for _, o := range deflateOffers(s.client.request.Header.Values("Sec-WebSocket-Extensions")) {
				if o.clientAny || o.clientBits > 0 {
					s.opens()
					s.finish()
					s.inform("the client offers client_max_window_bits")
					return
				}
			}
			s.responds(plus("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10")(baseResponse))
			s.judgeTaking(declinesWith)
		})
}
