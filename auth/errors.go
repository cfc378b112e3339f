package auth

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/go-websockets/websockets"
)

// Why a request is refused. What a [Guard] returns matches one of them and has a
// *[websockets.RejectError], unless the function of the program decided.
var (
	ErrMissing   = errors.New("no credentials")
	ErrMalformed = errors.New("malformed credentials")
	ErrDenied    = errors.New("credentials not accepted") // a function of the program returns it, wrapped or not
	ErrHost      = errors.New("host not served here")
)

// Close codes of the IANA registry (RFC 6455 §7.4.2) for connections that are open
// when it turns out that they may not be, or may not be any more.
const (
	CloseUnauthorized websockets.CloseCode = 3000 // no credentials, or not accepted ones
	CloseForbidden    websockets.CloseCode = 3003 // the credentials are known, and not good for this
	CloseTimeout      websockets.CloseCode = 3008 // no credentials in time
)

// A refusal is what a guard returns: why, and the response.
type refusal struct {
	where  string // where the credential should be
	why    error
	reject *websockets.RejectError
}

func (e *refusal) Error() string   { return e.where + ": " + e.why.Error() }
func (e *refusal) Unwrap() []error { return []error{e.why, e.reject} }

// unauthorized answers with 401 and a challenge (RFC 9110 §15.5.2).
func unauthorized(where string, why error, challenge string) error {
	return &refusal{where, why, &websockets.RejectError{
		Status: http.StatusUnauthorized,
		Header: http.Header{"Www-Authenticate": {challenge}},
		Body:   []byte(why.Error() + "\n"),
	}}
}

// badRequest answers with 400: no credential could make this right.
func badRequest(where string, why error) error {
	return &refusal{where, why, &websockets.RejectError{Status: http.StatusBadRequest, Body: []byte("bad request\n")}}
}

// A verifyError is an error of the program's function that is none of ours. Its
// text does not have the credential.
type verifyError struct {
	err    error
	hidden bool
}

func (e *verifyError) Error() string {
	if e.hidden {
		return "cannot verify credentials: an error whose text has the credential"
	}
	return "cannot verify credentials: " + e.err.Error()
}

// Unwrap returns the error of the program.
func (e *verifyError) Unwrap() error { return e.err }

// verified says what the outcome of a function of the program means: nil, a
// refusal, or an error that makes the answer 500.
func verified(err error, secret string, deny func() error) error {
	if err == nil {
		return nil
	}
	if reject, ok := errors.AsType[*websockets.RejectError](err); ok {
		return &refusal{"verify", ErrDenied, reject}
	}
	if errors.Is(err, ErrDenied) {
		return deny()
	}
	return &verifyError{err, reveals(err.Error(), secret)}
}

// reveals reports whether a text has a credential.
func reveals(text, secret string) bool { return secret != "" && strings.Contains(text, secret) }

// withholding is deferred around functions of the program: a panic goes on, without
// the credential in its text.
func withholding(secret string) {
	v := recover()
	if v == nil {
		return
	}
	if reveals(fmt.Sprint(v), secret) {
		panic("a panic whose text has the credential")
	}
	panic(v)
}

// quoted returns s as a quoted-string (RFC 9110 §5.6.4). It panics if s is no text
// for a header: that is a mistake of the program.
func quoted(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		panic(fmt.Sprintf("websockets/auth: realm %q: give printable ASCII", s))
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// answer writes a refusal as net/http has it.
func answer(w http.ResponseWriter, reject *websockets.RejectError) {
	maps.Copy(w.Header(), reject.Header)
	w.WriteHeader(reject.Status)
	_, _ = w.Write(reject.Body) // the client may be gone
}
