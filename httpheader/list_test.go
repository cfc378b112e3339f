package httpheader

import (
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// fault is where a parser stops and what it wants there.
type fault struct {
	pos  int
	want string
}

func checkFault(t *testing.T, s string, err error, want fault) {
	t.Helper()
	e, ok := errors.AsType[*FormatError](err)
	if !ok {
		t.Errorf("%q: error %v, want a *FormatError", s, err)
		return
	}
	if got := (fault{e.Pos, e.Want}); got != want {
		t.Errorf("%q: fault %+v, want %+v", s, got, want)
	}
	if e.Value != s {
		t.Errorf("%q: error has value %q", s, e.Value)
	}
}

func TestParseConnection(t *testing.T) {
	tests := map[string][]string{
		"Upgrade":                    {"Upgrade"},
		"keep-alive, Upgrade":        {"keep-alive", "Upgrade"},
		"keep-alive,Upgrade":         {"keep-alive", "Upgrade"},
		" \t upgrade \t , \t close ": {"upgrade", "close"},
		",,upgrade,, ,":              {"upgrade"},
		"notupgrade":                 {"notupgrade"},
		"!#$%&'*+-.^_`|~09azAZ":      {"!#$%&'*+-.^_`|~09azAZ"},
	}
	for s, want := range tests {
		if got, err := ParseConnection(s); err != nil || !slices.Equal(got, want) {
			t.Errorf("ParseConnection(%q) = %q, %v, want %q", s, got, err, want)
		}
	}
}

func TestParseConnectionRefuses(t *testing.T) {
	tests := map[string]fault{
		"":                {0, "at least one element"},
		" , \t,":          {5, "at least one element"},
		"a b":             {2, "comma"},
		"a;b":             {1, "comma"},
		"a,\x00":          {2, "token"},
		"a,\n":            {2, "token"},
		"Upgrade\r\nX: y": {7, "comma"},
		"é":               {0, "token"},
		"\"Upgrade\"":     {0, "token"},
		"a/b":             {1, "comma"},
		"a\x7f":           {1, "comma"},
	}
	for s, want := range tests {
		_, err := ParseConnection(s)
		checkFault(t, s, err, want)
	}
}

func TestParseUpgrade(t *testing.T) {
	tests := map[string][]string{
		"websocket":             {"websocket"},
		"WebSocket":             {"WebSocket"},
		"websocket/13":          {"websocket/13"},
		"h2c, TLS/1.0,IRC/6.9":  {"h2c", "TLS/1.0", "IRC/6.9"},
		"__proto__,constructor": {"__proto__", "constructor"},
	}
	for s, want := range tests {
		if got, err := ParseUpgrade(s); err != nil || !slices.Equal(got, want) {
			t.Errorf("ParseUpgrade(%q) = %q, %v, want %q", s, got, err, want)
		}
	}
	faults := map[string]fault{
		"":       {0, "at least one element"},
		"/1":     {0, "token"},
		"a/":     {2, "token"},
		"a/ b":   {2, "token"},
		"a/b/c":  {3, "comma"},
		"a /b":   {2, "comma"},
		"a,b c ": {4, "comma"},
	}
	for s, want := range faults {
		_, err := ParseUpgrade(s)
		checkFault(t, s, err, want)
	}
}

func TestParseSubprotocols(t *testing.T) {
	tests := map[string][]string{
		"chat":                  {"chat"},
		"chat, superchat":       {"chat", "superchat"},
		"chat,chat":             {"chat", "chat"},
		"mqttv3.1 ,\tmqtt, v12": {"mqttv3.1", "mqtt", "v12"},
	}
	for s, want := range tests {
		if got, err := ParseSubprotocols(s); err != nil || !slices.Equal(got, want) {
			t.Errorf("ParseSubprotocols(%q) = %q, %v, want %q", s, got, err, want)
		}
	}
	faults := map[string]fault{
		"":             {0, "at least one element"},
		"chat room":    {5, "comma"},
		"chat, (room)": {6, "token"},
		"a@b":          {1, "comma"},
	}
	for s, want := range faults {
		_, err := ParseSubprotocols(s)
		checkFault(t, s, err, want)
	}
}

func TestParseExtensions(t *testing.T) {
	tests := map[string][]Extension{
		"foo":      {{Name: "foo"}},
		"foo, bar": {{Name: "foo"}, {Name: "bar"}},
		"foo;a":    {{"foo", []Param{{Name: "a"}}}},
		"foo; a=1": {{"foo", []Param{{"a", "1", true}}}},
		"foo \t; \ta \t= \t1 \t; b, bar;c": {
			{"foo", []Param{{"a", "1", true}, {Name: "b"}}},
			{"bar", []Param{{Name: "c"}}},
		},
		`foo; a="1"`:         {{"foo", []Param{{"a", "1", true}}}},
		`foo; a="\1\2" ; b`:  {{"foo", []Param{{"a", "12", true}, {Name: "b"}}}},
		`foo; a; a=1; a=2`:   {{"foo", []Param{{Name: "a"}, {"a", "1", true}, {"a", "2", true}}}},
		"constructor, x":     {{Name: "constructor"}, {Name: "x"}},
		"__proto__; valueOf": {{"__proto__", []Param{{Name: "valueOf"}}}},
		// What browsers and libraries offer and answer.
		"permessage-deflate":                               {{Name: "permessage-deflate"}},
		"permessage-deflate; client_max_window_bits":       {{"permessage-deflate", []Param{{Name: "client_max_window_bits"}}}},
		"permessage-deflate;server_max_window_bits=\"15\"": {{"permessage-deflate", []Param{{"server_max_window_bits", "15", true}}}},
	}
	for s, want := range tests {
		if got, err := ParseExtensions(s); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseExtensions(%q) = %+v, %v, want %+v", s, got, err, want)
		}
	}
}

// WS-068, WS-154, WS-155: what is outside the grammar is refused, and where.
func TestParseExtensionsRefuses(t *testing.T) {
	tests := map[string]fault{
		"":              {0, "at least one element"},
		",":             {1, "at least one element"},
		";":             {0, "token"},
		"foo;":          {4, "token"},
		"foo;;a":        {4, "token"},
		"foo;a;":        {6, "token"},
		"foo; ,":        {5, "token"},
		"foo;a=":        {6, "token"},
		"foo;a==1":      {6, "token"},
		"foo;=1":        {4, "token"},
		"foo;a=1 2":     {8, "comma"},
		"foo bar":       {4, "comma"},
		"foo=1":         {3, "comma"},
		"foo/1":         {3, "comma"},
		"foo;a:1":       {5, "comma"},
		`"foo"`:         {0, "token"},
		`foo;"a"`:       {4, "token"},
		`foo;a="`:       {7, "closing quote"},
		`foo;a="1`:      {8, "closing quote"},
		`foo;a="1\`:     {9, "character of a token"},
		`foo;a="\"`:     {8, "character of a token"},
		`foo;a=""`:      {7, "token in the quotes"},
		`foo;a="1 2"`:   {8, "character of a token"},
		`foo;a="1\ 2"`:  {9, "character of a token"},
		`foo;a="1,2"`:   {8, "character of a token"},
		`foo;a="\\"`:    {8, "character of a token"},
		`foo;a="é"`:     {7, "character of a token"},
		`foo;a="1"2`:    {9, "comma"},
		"foo;a=\"1\r\n": {8, "character of a token"},
		"foo\x00":       {3, "comma"},
		"foo,\x1b[2J":   {4, "token"},
		"é":             {0, "token"},
	}
	for s, want := range tests {
		_, err := ParseExtensions(s)
		checkFault(t, s, err, want)
	}
}

func TestListsAreBounded(t *testing.T) {
	elements := strings.Repeat("a, ", MaxElements-1) + "a"
	for name, parse := range map[string]func(string) (int, error){
		"ParseConnection":   count(ParseConnection),
		"ParseUpgrade":      count(ParseUpgrade),
		"ParseSubprotocols": count(ParseSubprotocols),
		"ParseExtensions":   count(ParseExtensions),
	} {
		if n, err := parse(elements); n != MaxElements || err != nil {
			t.Errorf("%s of %d elements = %d, %v", name, MaxElements, n, err)
		}
		s := elements + ",b"
		_, err := parse(s)
		checkFault(t, s, err, fault{len(elements) + 1, "at most 64 elements"})
	}
	// Parameters count over all extensions.
	params := "a" + strings.Repeat(";b=1", MaxElements/2) + ",c" + strings.Repeat(";d", MaxElements/2)
	if _, err := ParseExtensions(params); err != nil {
		t.Errorf("%d parameters: %v", MaxElements, err)
	}
	s := params + ";e"
	_, err := ParseExtensions(s)
	checkFault(t, s, err, fault{len(params), "at most 64 parameters"})
}

func count[T any](parse func(string) ([]T, error)) func(string) (int, error) {
	return func(s string) (int, error) {
		all, err := parse(s)
		return len(all), err
	}
}

// Values that made other parsers take quadratic or exponential time.
func TestHostileValuesTakeLinearMemory(t *testing.T) {
	hostile := map[string]func(n int) string{
		"escapes":         func(n int) string { return `a; b="` + strings.Repeat(`\c`, n/2) },
		"closed escapes":  func(n int) string { return `a; b="` + strings.Repeat(`\c`, n/2) + `"` },
		"backslashes":     func(n int) string { return `a; b="` + strings.Repeat(`\`, n) },
		"quotes":          func(n int) string { return `a; b=` + strings.Repeat(`"`, n) },
		"spaces, commas":  func(n int) string { return strings.Repeat(" ,", n/2) },
		"spaces":          func(n int) string { return "a" + strings.Repeat(" ", n) + "b" },
		"commas":          func(n int) string { return strings.Repeat(",", n) },
		"semicolons":      func(n int) string { return "a" + strings.Repeat(";", n) },
		"many elements":   func(n int) string { return strings.Repeat("a,", n/2) },
		"many parameters": func(n int) string { return "a" + strings.Repeat(";b", n/2) },
		"one token":       func(n int) string { return strings.Repeat("a", n) },
		"labels":          func(n int) string { return strings.Repeat("a.", n/2) },
		"brackets":        func(n int) string { return strings.Repeat("[", n) },
		"digits":          func(n int) string { return "a:" + strings.Repeat("1", n) },
		"basic":           func(n int) string { return "Basic " + strings.Repeat("QUFB", n/4) },
	}
	parsers := map[string]func(string){
		"ParseConnection":   func(s string) { ParseConnection(s) },
		"ParseUpgrade":      func(s string) { ParseUpgrade(s) },
		"ParseSubprotocols": func(s string) { ParseSubprotocols(s) },
		"ParseExtensions":   func(s string) { ParseExtensions(s) },
		"ParseBasicAuth":    func(s string) { ParseBasicAuth(s) },
		"ParseHost":         func(s string) { ParseHost(s) },
	}
	for value, build := range hostile {
		for name, parse := range parsers {
			once, twice := build(32<<10), build(64<<10)
			if a, b := allocations(func() { parse(once) }), allocations(func() { parse(twice) }); b > 2*a+2 {
				t.Errorf("%s of %s: %v allocations for 32 KiB, %v for 64 KiB", name, value, a, b)
			}
			if a, b := allocated(func() { parse(once) }), allocated(func() { parse(twice) }); b > 3*a+4096 {
				t.Errorf("%s of %s: %d bytes for 32 KiB, %d for 64 KiB", name, value, a, b)
			}
		}
	}
}

// allocations returns how often f allocates, the least of a few runs because the
// runtime allocates too.
func allocations(f func()) float64 {
	least := testing.AllocsPerRun(1, f)
	for range 4 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}

// allocated returns how many bytes f allocates, the least of a few runs because
// the runtime allocates too.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

func TestBuildExtensions(t *testing.T) {
	tests := []struct {
		exts []Extension
		want string
	}{
		{nil, ""},
		{[]Extension{{Name: "foo"}}, "foo"},
		{[]Extension{{"foo", []Param{{"a", "1", true}, {Name: "b"}}}, {Name: "bar"}}, "foo; a=1; b, bar"},
	}
	for _, test := range tests {
		if got := BuildExtensions(test.exts); got != test.want {
			t.Errorf("BuildExtensions(%v) = %q, want %q", test.exts, got, test.want)
		}
	}
}

func TestBuildSubprotocols(t *testing.T) {
	for _, list := range [][]string{{"chat"}, {"chat", "superchat", "v1"}} {
		s := BuildSubprotocols(list)
		if got, err := ParseSubprotocols(s); err != nil || !slices.Equal(got, list) {
			t.Errorf("%q builds %q, which parses to %q, %v", list, s, got, err)
		}
	}
	if s := BuildSubprotocols(nil); s != "" {
		t.Errorf("no subprotocols build %q", s)
	}
}
