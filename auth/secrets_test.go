package auth_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets/auth"
)

// V-062: what is secret is compared by its digest and in constant time. Nothing else
// in the package may compare it, but with the empty string.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	secret := []string{"user", "password", "token", "secret", "ticket", "want", "got", "known", "nobody", "digest"}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	constant := 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op != token.EQL && n.Op != token.NEQ {
					break
				}
				for _, sides := range [][2]ast.Expr{{n.X, n.Y}, {n.Y, n.X}} {
					name, isName := sides[0].(*ast.Ident)
					other, isLiteral := sides[1].(*ast.BasicLit)
					if isName && slices.Contains(secret, name.Name) && (!isLiteral || other.Value != `""`) {
						t.Errorf("%v: %s is compared by %s", fset.Position(n.Pos()), name.Name, n.Op)
					}
				}
			case *ast.SelectorExpr:
				pkg, ok := n.X.(*ast.Ident)
				if !ok {
					break
				}
				switch pkg.Name + "." + n.Sel.Name {
				case "subtle.ConstantTimeCompare":
					constant++
				case "bytes.Equal", "bytes.Compare", "strings.Compare", "strings.EqualFold", "slices.Equal", "reflect.DeepEqual":
					if e.Name() != "basic.go" { // of the scheme
						t.Errorf("%v: %s.%s", fset.Position(n.Pos()), pkg.Name, n.Sel.Name)
					}
				}
			}
			return true
		})
	}
	if constant != 1 {
		t.Errorf("subtle.ConstantTimeCompare is called in %d places", constant)
	}
}

// BenchmarkPasswordTiming measures whether the time of a refusal depends on how
// much of the password is right, or on whether the user exists. It reports Welch's
// t for both: beyond 4.5 something can be told apart. A machine at work is a
// poor instrument, so that no test depends on it.
func BenchmarkPasswordTiming(b *testing.B) {
	password := strings.Repeat("correct horse ", 4)
	verify := auth.Passwords(map[string]string{"ann": password})
	right, wrong := password[:len(password)-1]+"!", "!"+password[1:]
	var prefix, other, nobody series
	measure := func(s *series, user, password string) {
		const calls = 20
		start := time.Now()
		for range calls {
			_, _ = verify(b.Context(), user, password)
		}
		s.add(float64(time.Since(start)) / calls)
	}
	for b.Loop() {
		measure(&prefix, "ann", right)
		measure(&other, "ann", wrong)
		measure(&nobody, "bob", wrong)
	}
	b.ReportMetric(math.Abs(welch(&prefix, &other)), "t-prefix")
	b.ReportMetric(math.Abs(welch(&other, &nobody)), "t-user")
}

// A series has the mean and variance of what was measured.
type series struct{ n, mean, squares float64 }

func (s *series) add(x float64) {
	s.n++
	d := x - s.mean
	s.mean += d / s.n
	s.squares += d * (x - s.mean)
}

func welch(a, b *series) float64 {
	return (a.mean - b.mean) / math.Sqrt(a.squares/(a.n-1)/a.n+b.squares/(b.n-1)/b.n)
}

func TestTicketsAreGoodOnceAndForAShortTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tickets := &auth.Tickets[int]{}
		first, err := tickets.Issue(1)
		if err != nil || len(first) < 26 {
			t.Fatalf("%q, %v", first, err)
		}
		if _, err := tickets.Redeem(t.Context(), first+"x"); !errors.Is(err, auth.ErrDenied) {
			t.Errorf("another text: %v", err)
		}
		if id, err := tickets.Redeem(t.Context(), first); err != nil || id != 1 {
			t.Errorf("%d, %v", id, err)
		}
		if id, err := tickets.Redeem(t.Context(), first); !errors.Is(err, auth.ErrDenied) || id != 0 {
			t.Errorf("again: %d, %v", id, err)
		}
		second, _ := tickets.Issue(2)
		third, _ := tickets.Issue(3)
		if first == second || second == third {
			t.Error("tickets are the same")
		}
		time.Sleep(30*time.Second - 1)
		if id, err := tickets.Redeem(t.Context(), second); err != nil || id != 2 {
			t.Errorf("in time: %d, %v", id, err)
		}
		time.Sleep(time.Nanosecond)
		if id, err := tickets.Redeem(t.Context(), third); !errors.Is(err, auth.ErrDenied) || id != 0 {
			t.Errorf("too late: %d, %v", id, err)
		}
		if _, err := new(auth.Tickets[int]).Redeem(t.Context(), ""); !errors.Is(err, auth.ErrDenied) {
			t.Errorf("no ticket was made: %v", err)
		}
	})
}

func TestUnusedTicketsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tickets := &auth.Tickets[int]{Max: 3, Lifetime: time.Minute}
		var made []string
		for i := range 3 {
			ticket, err := tickets.Issue(i)
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, ticket)
			time.Sleep(10 * time.Second)
		}
		if _, err := tickets.Issue(4); err != auth.ErrTooManyTickets {
			t.Errorf("a fourth: %v", err)
		}
		if _, err := tickets.Redeem(t.Context(), made[0]); err != nil {
			t.Error(err)
		}
		if _, err := tickets.Issue(4); err != nil {
			t.Errorf("after one was used: %v", err)
		}
		time.Sleep(40 * time.Second) // the second is over
		if _, err := tickets.Issue(5); err != nil {
			t.Errorf("after one was over: %v", err)
		}
		if _, err := tickets.Redeem(t.Context(), made[2]); err != nil {
			t.Errorf("the third: %v", err)
		}
	})
}
