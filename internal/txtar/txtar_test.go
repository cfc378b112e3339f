package txtar

import (
	"reflect"
	"testing"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text string
		want Archive
	}{
		{"", Archive{}},
		{"only a comment\n", Archive{Comment: "only a comment\n"}},
		{"-- a --\n", Archive{Files: []File{{"a", ""}}}},
		{
			"c1\nc2\n-- a --\n1\n\n-- b c --\n2",
			Archive{"c1\nc2\n", []File{{"a", "1\n\n"}, {"b c", "2"}}},
		},
		{"-- a --\r\n1\r\n", Archive{Files: []File{{"a", "1\r\n"}}}},
		{"--  a  --\n", Archive{Files: []File{{"a", ""}}}},
		{"-- --\n--  --\n--a--\n-- a -- \n", Archive{Comment: "-- --\n--  --\n--a--\n-- a -- \n"}},
	} {
		if got := Parse(test.text); !reflect.DeepEqual(got, test.want) {
			t.Errorf("Parse(%q) = %+v, want %+v", test.text, got, test.want)
		}
	}
}

func TestStringEndsEachFileWithANewline(t *testing.T) {
	a := Archive{"c", []File{{"a", "1"}, {"b", ""}, {"c", "3\n"}}}
	if got, want := a.String(), "c\n-- a --\n1\n-- b --\n-- c --\n3\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTextFindsTheFirstFileOfAName(t *testing.T) {
	a := Parse("-- a --\n1\n-- b --\n2\n-- a --\n3\n")
	if text, ok := a.Text("a"); text != "1\n" || !ok {
		t.Errorf("%q, %v", text, ok)
	}
	if text, ok := a.Text("c"); text != "" || ok {
		t.Errorf("%q, %v", text, ok)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("")
	f.Add("comment\n-- a --\ntext\n-- b --\n")
	f.Add("-- a --\r\nno newline")
	f.Add("-- a --\n--  --\n-- -- --\n")
	f.Fuzz(func(t *testing.T, text string) {
		once := Parse(text)
		if twice := Parse(once.String()); twice.String() != once.String() || len(twice.Files) != len(once.Files) {
			t.Errorf("%q becomes %q becomes %q", text, once, twice)
		}
	})
}
