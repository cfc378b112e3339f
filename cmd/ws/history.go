package main

import (
	"os"
	"path/filepath"
	"runtime"
)

// historyFile returns where the lines typed in the terminal are kept, and makes
// the folder, which is for the user alone. It returns "" if there is no place
// for it.
func historyFile(goos string, getenv func(string) string) string {
	dir := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
		if goos == "windows" || goos == "darwin" {
			if dir, err = os.UserConfigDir(); err != nil {
				return ""
			}
		}
	}
	dir = filepath.Join(dir, "ws")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return ""
	}
	return filepath.Join(dir, "history")
}

func (x *connectCommand) historyFile() string {
	if x.noHistory {
		return ""
	}
	return historyFile(runtime.GOOS, os.Getenv)
}
