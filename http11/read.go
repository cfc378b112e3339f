package http11

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-websockets/websockets/httpheader"
)

// Statuses that an error may ask for.
const (
	badRequest     = 400
	badMethod      = 405
	targetTooLong  = 414
	headersTooLong = 431
	badVersion     = 505
)

// ReadRequest reads a GET request from r, up to the blank line after its
// headers; what follows stays in r. r's buffer may have any size.
//
// The path is the request target as it was sent, neither decoded nor validated:
// an absolute path or an absolute http or https URI, maybe with a query (RFC
// 9112 §3.2). It and the values of headers may hold bytes that are not ASCII. A
// server calls [CheckNoBody] next.
//
// ReadRequest fails with a *[MessageError]. If r ended before the first byte,
// it matches [io.EOF]; if r ended later, [io.ErrUnexpectedEOF].
func ReadRequest(r *bufio.Reader, l Limits) (path string, h Headers, err error) {
	m := newReader(r, l)
	m.takeHead()
	line, err := m.line(targetTooLong, "request line")
	if err != nil {
		return "", Headers{}, err
	}
	if path, err = parseRequestLine(line); err != nil {
		return "", Headers{}, err
	}
	if h, err = m.headers(); err != nil {
		return "", Headers{}, err
	}
	return path, h, nil
}

// ReadResponse reads a response from r, up to the blank line after its headers;
// what follows stays in r. r's buffer may have any size. The reason phrase is
// not looked at and may be missing. Informational responses (1xx) are returned
// like all others.
//
// ReadResponse fails as [ReadRequest] does; the Status of its errors is 0.
func ReadResponse(r *bufio.Reader, l Limits) (status int, h Headers, err error) {
	status, h, err = readResponse(newReader(r, l))
	if m, ok := errors.AsType[*MessageError](err); ok {
		m.Status = 0
	}
	return status, h, err
}

func readResponse(m *reader) (status int, h Headers, err error) {
	m.takeHead()
	line, err := m.line(0, "status line")
	if err != nil {
		return 0, Headers{}, err
	}
	if status, err = parseStatusLine(line); err != nil {
		return 0, Headers{}, err
	}
	if h, err = m.headers(); err != nil {
		return 0, Headers{}, err
	}
	return status, h, nil
}

// CheckNoBody fails with a *[MessageError] if the headers of a request announce
// a body. An opening handshake has none, and one that nobody reads would be
// taken for frames (RFC 9112 §6.3).
func CheckNoBody(h Headers) error {
	if values := h.Values("Transfer-Encoding"); len(values) > 0 {
		return malformed(badRequest, "request with a body, Transfer-Encoding", values[0])
	}
	switch values := h.Values("Content-Length"); {
	case len(values) > 1:
		return malformed(badRequest, "more than one Content-Length", strings.Join(values, ", "))
	case len(values) == 1 && values[0] != "0":
		return malformed(badRequest, "request with a body, Content-Length", values[0])
	}
	return nil
}

// parseRequestLine parses GET SP target SP HTTP/1.1 (RFC 9112 §3).
func parseRequestLine(line string) (path string, err error) {
	method, rest, _ := strings.Cut(line, " ")
	target, version, _ := strings.Cut(rest, " ")
	switch {
	case isVersion(version) && version != "HTTP/1.1":
		return "", malformed(badVersion, "version", version)
	case version != "HTTP/1.1" || !httpheader.IsToken(method):
		return "", malformed(badRequest, "bad request line", withoutQuery(line))
	case method != "GET":
		return "", malformed(badMethod, "method", method)
	case !isTarget(target):
		return "", malformed(badRequest, "bad request target", withoutQuery(target))
	}
	return target, nil
}

// isVersion reports whether s is the version of an HTTP message, of any HTTP
// (RFC 9112 §2.3).
func isVersion(s string) bool {
	digits, found := strings.CutPrefix(s, "HTTP/")
	return found && len(digits) == 3 && isDigit(digits[0]) && digits[1] == '.' && isDigit(digits[2])
}

// isTarget reports whether s has one of the two forms of a request target that
// a GET request may have: origin-form or absolute-form (RFC 9112 §3.2).
func isTarget(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7F {
			return false
		}
	}
	if strings.HasPrefix(s, "/") {
		return true
	}
	scheme, _, found := strings.Cut(s, "://")
	return found && (sameName(scheme, "http") || sameName(scheme, "https"))
}

// withoutQuery cuts a request line before the query, and a user before the host:
// they may hold secrets, and errors end in logs.
func withoutQuery(line string) string {
	line, _, _ = strings.Cut(line, "?")
	if start, rest, found := strings.Cut(line, "://"); found {
		line = start + "://" + rest[strings.LastIndexByte(rest, '@')+1:]
	}
	return line
}

// parseStatusLine parses HTTP/1.1 SP status SP [ reason ] (RFC 9112 §4). Without
// a reason, some servers leave out the second space.
func parseStatusLine(line string) (status int, err error) {
	version, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(rest, " ")
	switch {
	case isVersion(version) && version != "HTTP/1.1":
		return 0, malformed(0, "version", version)
	case version != "HTTP/1.1" || !isStatus(code) || !isReason(reason):
		return 0, malformed(0, "bad status line", line)
	}
	return int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0'), nil
}

func isStatus(s string) bool {
	return len(s) == 3 && isDigit(s[0]) && s[0] != '0' && isDigit(s[1]) && isDigit(s[2])
}

func isReason(s string) bool { return httpheader.ValidFieldValue(strings.Trim(s, " \t")) }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// A reader reads the lines of one message.
type reader struct {
	r      *bufio.Reader
	limits Limits
	size   int    // bytes read so far
	rest   string // lines that have been taken from r together
}

func newReader(r *bufio.Reader, l Limits) *reader {
	return &reader{r: r, limits: l.withDefaults()}
}

// takeHead takes all lines from r if they have come in one piece, as they mostly do:
// then they share one string.
func (m *reader) takeHead() {
	_, _ = m.r.Peek(1) // line sees the error
	came, _ := m.r.Peek(m.r.Buffered())
	if end := bytes.Index(came, []byte("\r\n\r\n")); end >= 0 {
		m.rest = string(came[:end+len("\r\n\r\n")])
		_, _ = m.r.Discard(len(m.rest))
	}
}

// headers reads header lines up to and with the blank line.
func (m *reader) headers() (Headers, error) {
	var h Headers
	if n := strings.Count(m.rest, "\n") - 1; n > 0 {
		h.fields = make([]field, 0, min(n, m.limits.MaxHeaders))
	}
	for {
		line, err := m.line(headersTooLong, "header line")
		if err != nil {
			return Headers{}, err
		}
		if line == "" {
			return h, nil
		}
		if len(h.fields) == m.limits.MaxHeaders {
			return Headers{}, malformed(headersTooLong, "too many headers", "")
		}
		name, value, err := parseField(line)
		if err != nil {
			return Headers{}, err
		}
		h.Add(name, value)
	}
}

// parseField parses name ":" OWS value OWS (RFC 9112 §5). Its errors do not show
// values: one may be a secret.
func parseField(line string) (name, value string, err error) {
	if line[0] == ' ' || line[0] == '\t' {
		return "", "", malformed(badRequest, "folded header line", "") // RFC 9112 §5.2
	}
	name, value, found := strings.Cut(line, ":")
	if !found {
		return "", "", malformed(badRequest, "header line without a colon", "")
	}
	if !httpheader.ValidFieldName(name) {
		return "", "", malformed(badRequest, "bad header name", upToFault(name)) // RFC 9112 §5.1: nor a blank at its end
	}
	value = strings.Trim(value, " \t")
	if !httpheader.ValidFieldValue(value) {
		return "", "", malformed(badRequest, "control character in the value of header", name)
	}
	return name, value, nil
}

// upToFault cuts a bad header name behind the first character that may not be there:
// what follows may be a value.
func upToFault(name string) string {
	for i := range len(name) {
		if !httpheader.IsToken(name[i : i+1]) {
			return name[:i+1]
		}
	}
	return name
}

// line reads a line and returns it without its CRLF. tooLong is the status for
// a line that exceeds a limit.
func (m *reader) line(tooLong int, what string) (string, error) {
	if i := strings.IndexByte(m.rest, '\n'); i >= 0 {
		line := m.rest[:i+1]
		m.rest = m.rest[i+1:]
		if !m.fits(len(line), 0) {
			return "", malformed(tooLong, what+" too long", "")
		}
		text, found := strings.CutSuffix(line, "\r\n")
		if !found {
			return "", malformed(badRequest, what+" ends in LF without CR", "") // RFC 9112 §2.2
		}
		return text, nil
	}
	var head []byte // of a line that is longer than the buffer of m.r
	for {
		piece, err := m.r.ReadSlice('\n')
		if !m.fits(len(piece), len(head)) {
			return "", malformed(tooLong, what+" too long", "")
		}
		switch {
		case err == bufio.ErrBufferFull:
			head = append(head, piece...)
			continue
		case err == io.EOF && m.size > 0:
			err = io.ErrUnexpectedEOF
			fallthrough
		case err != nil:
			return "", &MessageError{What: "no complete " + what, Err: err}
		}
		if head != nil {
			piece = append(head, piece...)
		}
		text, found := bytes.CutSuffix(piece, []byte("\r\n"))
		if !found {
			return "", malformed(badRequest, what+" ends in LF without CR", "") // RFC 9112 §2.2
		}
		return string(text), nil
	}
}

// fits counts n more bytes of a line that has had head bytes, and reports whether
// they are within the limits.
func (m *reader) fits(n, head int) bool {
	m.size += n
	return head+n-len("\r\n") <= m.limits.MaxLine && m.size <= m.limits.MaxHeaderBytes
}
