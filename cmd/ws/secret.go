package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
)

// secretForms says where secrets come from: never from the arguments, which all
// users of a machine can see.
const secretForms = "@FILE or env:NAME"

// readSecret returns what a flag refers to: the content of a file, without the end
// of its line, or an environment variable. Errors do not repeat what was given, as
// it may be the secret itself.
func readSecret(flag, from string) (string, error) {
	var secret string
	if name, ok := strings.CutPrefix(from, "@"); ok {
		b, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("%s: %w", flag, err)
		}
		secret = strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	} else if name, ok := strings.CutPrefix(from, "env:"); ok {
		secret = os.Getenv(name)
	} else {
		return "", fmt.Errorf("%s: give %s, since arguments can be seen by all users of the machine", flag, secretForms)
	}
	switch {
	case secret == "":
		return "", fmt.Errorf("%s: the file or variable is empty", flag)
	case strings.ContainsFunc(secret, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return "", fmt.Errorf("%s: the file or variable has more than a line, or control characters", flag)
	}
	return secret, nil
}

// readUser reads NAME:@FILE or NAME:env:NAME.
func readUser(flag, value string) (name, password string, err error) {
	name, from, ok := strings.Cut(value, ":")
	if !ok || name == "" {
		return "", "", fmt.Errorf("%s: give NAME:@FILE or NAME:env:NAME", flag)
	}
	password, err = readSecret(flag, from)
	return name, password, err
}

// readToken reads a token that a header can carry (RFC 6750 §2.1).
func readToken(flag, from string) (string, error) {
	token, err := readSecret(flag, from)
	if err != nil {
		return "", err
	}
	const characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/"
	if body := strings.TrimRight(token, "="); body == "" || strings.Trim(body, characters) != "" {
		return "", fmt.Errorf("%s: a token has letters, digits and -._~+/ only, and maybe = at its end", flag)
	}
	return token, nil
}

var errTwoLogins = errors.New("give one of --user, --token and an Authorization header")

// logIn returns the Authorization header for --user or --token, "" for neither.
func logIn(user, token string) (string, error) {
	switch {
	case user != "" && token != "":
		return "", errTwoLogins
	case user != "":
		name, password, err := readUser("--user", user)
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password)), err
	case token != "":
		token, err := readToken("--token", token)
		return "Bearer " + token, err
	}
	return "", nil
}
