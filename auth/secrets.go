package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
)

// A vault compares secrets by their digests, under a key that nobody knows: so that
// neither the time of a comparison nor that of a look-up tells anything of a
// secret, its length included.
type vault struct{ key [32]byte }

type digest [sha256.Size]byte

func newVault() *vault {
	v := new(vault)
	_, _ = rand.Read(v.key[:]) // it does not fail
	return v
}

// digest returns the digest of some texts.
func (v *vault) digest(texts ...string) (d digest) {
	mac := hmac.New(sha256.New, v.key[:])
	for _, text := range texts {
		_ = binary.Write(mac, binary.BigEndian, uint64(len(text)))
		mac.Write([]byte(text))
	}
	mac.Sum(d[:0])
	return d
}

// same compares two digests in constant time.
func same(a, b digest) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// Passwords makes a function for [Basic] of a list of users with their passwords.
// The identity is the name of the user. A user whose password is empty cannot log
// in: so a setting that was forgotten opens nothing. The map is not kept, and
// passwords are compared in constant time, for users that do not exist too.
func Passwords(users map[string]string) func(ctx context.Context, user, password string) (string, error) {
	v := newVault()
	known := make(map[digest]digest, len(users))
	for user, password := range users {
		if password != "" {
			known[v.digest(user)] = v.digest(user, password)
		}
	}
	nobody := newVault().digest() // the digest of no password
	return func(_ context.Context, user, password string) (string, error) {
		want, ok := known[v.digest(user)]
		if !ok {
			want = nobody
		}
		if !same(v.digest(user, password), want) {
			return "", ErrDenied
		}
		return user, nil
	}
}

// Tokens makes a function for [Bearer] and the like of a list of tokens, each with
// the identity that it stands for. An empty token stands for nobody. The map is not
// kept, and tokens are compared in constant time. A token should have at least 128
// random bits, as that of [rand.Text] has.
func Tokens[T any](identities map[string]T) func(ctx context.Context, token string) (T, error) {
	v := newVault()
	known := make(map[digest]T, len(identities))
	for token, identity := range identities {
		if token != "" {
			known[v.digest(token)] = identity
		}
	}
	return func(_ context.Context, token string) (T, error) {
		identity, ok := known[v.digest(token)]
		if !ok {
			return identity, ErrDenied
		}
		return identity, nil
	}
}
