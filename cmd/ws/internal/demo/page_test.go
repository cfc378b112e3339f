package demo

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// between returns what stands in s between two marks.
func between(t *testing.T, s, from, to string) string {
	t.Helper()
	_, s, ok := strings.Cut(s, from)
	s, _, ok2 := strings.Cut(s, to)
	if !ok || !ok2 {
		t.Fatalf("no %q … %q in the page", from, to)
	}
	return s
}

func TestThePageMayRunItsOwnCodeOnly(t *testing.T) {
	e := page()
	body, policy := string(e.Body), e.Header.Get("Content-Security-Policy")
	for directive, code := range map[string]string{
		"style-src":  between(t, body, "<style>", "</style>"),
		"script-src": between(t, body, `<script type="module">`, "</script>"),
	} {
		if len(code) < 1000 {
			t.Errorf("%s is for %d bytes only", directive, len(code))
		}
		sum := sha256.Sum256([]byte(code))
		if want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("the policy is %q, want %q in it", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("the policy is %q", policy)
	}
}

func TestThePageNeedsNothingElse(t *testing.T) {
	body := string(page().Body)
	for _, u := range regexp.MustCompile(`(?:src|href|action)="([^"]*)"|url\(([^)]*)\)|@import`).FindAllString(body, -1) {
		if !strings.Contains(u, `"data:`) {
			t.Errorf("the page loads %s", u)
		}
	}
}

// What comes from elsewhere must not become markup.
func TestThePageSetsTextOnly(t *testing.T) {
	for _, danger := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"} {
		if strings.Contains(string(page().Body), danger) {
			t.Errorf("the page uses %s", danger)
		}
	}
}

func TestTheIDsOfThePageAreDocumented(t *testing.T) {
	body := string(page().Body)
	doc := between(t, body, "<!--", "-->")
	var documented []string
	for _, m := range regexp.MustCompile(`(?:^|\s)#([a-z-]+)`).FindAllStringSubmatch(doc, -1) {
		documented = append(documented, m[1])
	}
	ids := make(map[string]int)
	for _, m := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(body, -1) {
		ids[m[1]]++
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%d elements have the id %q", n, id)
		}
	}
	for _, id := range documented {
		if ids[id] == 0 {
			t.Errorf("#%s is documented and not in the page", id)
		}
	}
	for _, id := range []string{"url", "connect", "disconnect", "message", "send", "log", "state", "close-code", "latency"} {
		if !slices.Contains(documented, id) {
			t.Errorf("#%s is not documented", id)
		}
	}
	for _, m := range regexp.MustCompile(`\$\('([^']+)'\)`).FindAllStringSubmatch(body, -1) {
		if ids[m[1]] == 0 {
			t.Errorf("the script looks for #%s, which is not in the page", m[1])
		}
	}
}
