package wsuri

import "testing"

// A percent sign needs two hexadecimal digits behind it, wherever it stands.
func TestParseRefusesHalfAnEscape(t *testing.T) {
	for _, half := range []string{"%", "%1", "%g1", "%1g", "%gg", "%%41", "a%4"} {
		for _, s := range []string{"ws://h/" + half, "ws://h/?" + half, "ws://" + half + "@h/", "ws+unix:///" + half + ":/", "ws+unix:///s:/" + half} {
			if u, err := Parse(s); err == nil {
				t.Errorf("%q: got %v", s, u)
			}
		}
	}
	for _, whole := range []string{"%41", "%e2%82%AC", "%00"} {
		if u, err := Parse("ws://h/" + whole); err != nil || u.ResourceName != "/"+whole {
			t.Errorf("%q: got %v, %v", whole, u, err)
		}
	}
}
