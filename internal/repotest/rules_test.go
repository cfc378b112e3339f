package repotest

import (
	"strings"
	"testing"
	"testing/fstest"
)

// The rules, each with the ways to break it that it must notice.
var rules = []struct {
	name   string
	check  func(*repo) []string
	breaks []breakage
}{
	{"Go files parse", filesParse, []breakage{
		{
			"Go files parse",
			map[string]string{"a/a.go": "package a\nfunc"},
			"a/a.go:2",
		},
	}},
	{"packages are documented", packagesAreDocumented, []breakage{
		{
			"every package has a doc comment",
			map[string]string{"a/a.go": "package a\n"},
			"a: no package comment",
		},
		{
			"every command has a doc comment",
			map[string]string{"cmd/ws/main.go": "package main\n"},
			"cmd/ws: no package comment",
		},
		{
			"package comments name their package",
			map[string]string{"a/a.go": "// Package b is b.\npackage a\n"},
			"Package a",
		},
	}},
	{"symbols are documented", symbolsAreDocumented, []breakage{
		{
			"exported functions are documented",
			map[string]string{"a/a.go": "package a\nfunc F() {}\n"},
			"a/a.go:2: F has no comment",
		},
		{
			"exported methods are documented",
			map[string]string{"a/a.go": "package a\n// T is.\ntype T int\nfunc (t *T) M() {}\n"},
			"a/a.go:4: M has no comment",
		},
		{
			"exported types are documented",
			map[string]string{"a/a.go": "package a\n// Types.\ntype (\n\tT int\n)\n"},
			"a/a.go:4: T has no comment",
		},
		{
			"exported variables are documented",
			map[string]string{"a/a.go": "package a\nvar V = 1\n"},
			"a/a.go:2: V has no comment",
		},
		{
			"exported fields are documented",
			map[string]string{"a/a.go": "package a\n// T is.\ntype T struct {\n\tA int // one\n\tB int\n\n\tC int\n}\n"},
			"a/a.go:7: T.C has no comment",
		},
		{
			"comments begin with the name",
			map[string]string{"a/a.go": "package a\n// G does.\nfunc F() {}\n"},
			"a/a.go:3: the comment of F does not begin with its name",
		},
	}},
	{"pure packages are pure", purePackagesArePure, []breakage{
		{
			"pure packages import nothing impure",
			map[string]string{"frame/a.go": "package frame\nimport \"net/http\"\n"},
			"frame/a.go imports net/http",
		},
		{
			"pure packages stay pure by way of others",
			map[string]string{
				"frame/a.go":         "package frame\nimport \"" + modulePath + "/internal/mask\"\n",
				"internal/mask/a.go": "package mask\nimport \"time\"\n",
			},
			"frame: internal/mask/a.go imports time",
		},
		{
			"pure packages start no goroutine",
			map[string]string{"frame/a.go": "package frame\nfunc f() { go f() }\n"},
			"frame/a.go:2: starts a goroutine",
		},
	}},
	{"arrows point down", arrowsPointDown, []breakage{
		{
			"arrows point down",
			map[string]string{"frame/a.go": "package frame\nimport \"" + modulePath + "/protocol\"\n"},
			"frame/a.go: frame must not import protocol",
		},
		{
			"every package has its place",
			map[string]string{"util/a.go": "package util\n"},
			"util: no place in the house",
		},
		{
			"nested modules import public packages only",
			map[string]string{
				"go.mod": "module " + modulePath + "\n", "cmd/ws/go.mod": "module " + modulePath + "/cmd/ws\n",
				"cmd/ws/a.go": "package main\nimport \"" + modulePath + "/internal/mask\"\n",
			},
			"cmd/ws/a.go: another module must not import internal/mask",
		},
	}},
	{"banned imports", bannedImports, []breakage{
		{
			"no math/rand",
			map[string]string{"a/a.go": "package a\nimport \"math/rand/v2\"\n"},
			"a/a.go imports math/rand/v2",
		},
		{
			"no regexp in the library",
			map[string]string{"a/a.go": "package a\nimport \"regexp\"\n"},
			"a/a.go imports regexp",
		},
		{
			"unsafe only where it is listed",
			map[string]string{"a/a.go": "package a\nimport \"unsafe\"\n"},
			"a/a.go imports unsafe",
		},
		{
			"unsafe has a twin without",
			map[string]string{"text_unsafe.go": "package websockets\nimport \"unsafe\"\n"},
			"text_unsafe.go: no build tag !purego",
		},
	}},
	{"files are short", filesAreShort, []breakage{
		{
			"files are short",
			map[string]string{"a/a.go": "package a\n" + strings.Repeat("\n", 400)},
			"a/a.go: 401 lines",
		},
	}},
	{"tests do not sleep", testsDoNotSleep, []breakage{
		{
			"tests do not sleep",
			map[string]string{"a/a_test.go": "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }\n"},
			"a/a_test.go:3: sleeps",
		},
		{
			"scripts do not sleep",
			map[string]string{"a/testdata/s.txtar": "exec sleep 1\n"},
			"a/testdata/s.txtar:1: sleeps",
		},
	}},
	{"modules are in order", modulesAreInOrder, []breakage{
		{
			"the library depends on nothing",
			map[string]string{"go.mod": "module " + modulePath + "\ngo 1.26\nrequire example.com/a v1.0.0\n"},
			"the root module requires example.com/a",
		},
		{
			"nested modules use the checkout",
			map[string]string{"go.mod": "module m\ngo 1.26\n", "bench/go.mod": "module " + modulePath + "/bench\ngo 1.26\nrequire " + modulePath + " v0.0.0\n"},
			"bench/go.mod: no replace of " + modulePath + " by ..",
		},
		{
			"nested modules are in go.work",
			map[string]string{"go.work": "go 1.26\nuse .\n", "bench/go.mod": "module " + modulePath + "/bench\ngo 1.26\n"},
			"bench: not in go.work",
		},
	}},
	{"links resolve", linksResolve, []breakage{
		{
			"links resolve",
			map[string]string{"a.md": "see [b](b.md)\n"},
			`a.md:1: "b.md" does not exist`,
		},
		{
			"anchors resolve",
			map[string]string{"a.md": "see [b](#the-b)\n# The c\n"},
			`a.md:1: "#the-b" has no such heading`,
		},
	}},
	{"commands exist", commandsExist, []breakage{
		{
			"commands in documents exist",
			map[string]string{"a.md": "run `make fly`\n", "Makefile": "check: ## all\n"},
			"a.md:1: no make target fly",
		},
		{
			"go run in documents runs something",
			map[string]string{"a.md": "run `go run ./cmd/no serve`\n"},
			"a.md:1: no package ./cmd/no",
		},
	}},
	{"decisions are in order", decisionsAreInOrder, []breakage{
		{
			"ADR numbers are unique",
			map[string]string{"docs/adr/0001-a.md": "", "docs/adr/0001-b.md": ""},
			"0001 is taken",
		},
		{
			"ADRs have all parts",
			map[string]string{"docs/adr/0001-a.md": "# 1. A\n## Context\n"},
			`0001-a.md: no heading "## Decision"`,
		},
		{
			"ADRs are short",
			map[string]string{"docs/adr/0001-a.md": strings.Repeat("\n", 41)},
			"0001-a.md: 41 lines",
		},
		{
			"ADRs are listed",
			map[string]string{"docs/adr/0001-a.md": "", "docs/adr/README.md": "nothing"},
			"README.md does not list 0001-a.md",
		},
	}},
}

// A breakage is a repository that breaks a rule.
type breakage struct {
	name  string
	files map[string]string // name → content
	want  string            // part of a complaint
}

func TestRepository(t *testing.T) {
	r := this(t)
	if len(r.packages) < 8 || len(r.modules) == 0 {
		t.Fatalf("found %d packages in %d modules: is this the repository?", len(r.packages), len(r.modules))
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, complaint := range rule.check(r) {
				t.Error(complaint)
			}
		})
	}
}

func TestRulesComplain(t *testing.T) {
	for _, rule := range rules {
		for _, b := range rule.breaks {
			t.Run(b.name, func(t *testing.T) {
				fsys := fstest.MapFS{}
				for name, content := range b.files {
					fsys[name] = &fstest.MapFile{Data: []byte(content)}
				}
				r, err := load(fsys)
				if err != nil {
					t.Fatal(err)
				}
				got := strings.Join(rule.check(r), "\n")
				if !strings.Contains(got, b.want) {
					t.Errorf("complaints:\n%s\nwant one with:\n%s", got, b.want)
				}
			})
		}
	}
}
