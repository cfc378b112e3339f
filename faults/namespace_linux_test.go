package faults

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// A namespace is a network namespace, with sockets and addresses of its own. It
// lasts as long as its file is open, or a socket or process is inside.
type namespace struct{ file *os.File }

// here is the namespace of this process.
func here() (*namespace, error) {
	file, err := os.Open("/proc/thread-self/ns/net")
	return &namespace{file}, err
}

// newNamespace makes a namespace without leaving the one of this process.
func newNamespace() (ns *namespace, err error) {
	home, err := here()
	if err != nil {
		return nil, err
	}
	defer home.Close()
	inThread(func() {
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return
		}
		if ns, err = here(); err != nil {
			return
		}
		err = unix.Setns(int(home.file.Fd()), unix.CLONE_NEWNET)
	})
	return ns, err
}

func (n *namespace) Close() error { return n.file.Close() }

// do calls f in a thread that is inside: what f opens or starts belongs there.
func (n *namespace) do(f func() error) (err error) {
	home, err := here()
	if err != nil {
		return err
	}
	defer home.Close()
	inThread(func() {
		if err = unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return
		}
		err = f()
		if back := unix.Setns(int(home.file.Fd()), unix.CLONE_NEWNET); back != nil {
			panic(back) // the thread would be lost, with whatever runs on it later
		}
	})
	return err
}

// inThread calls f in a goroutine that keeps its thread.
func inThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		f()
	}()
	<-done
}

// loopback switches the loopback device on.
func (n *namespace) loopback() error {
	return n.do(func() error { return setFlags("lo", unix.IFF_UP) })
}

// tunnel makes a device whose packets are read from and written to the file.
func (n *namespace) tunnel(name string, addr netip.Addr) (file *os.File, err error) {
	err = n.do(func() error {
		if file, err = openTunnel(name); err != nil {
			return err
		}
		if err := setAddr(name, unix.SIOCSIFADDR, addr); err != nil {
			return err
		}
		if err := setAddr(name, unix.SIOCSIFNETMASK, netip.AddrFrom4([4]byte{255, 255, 255, 0})); err != nil {
			return err
		}
		if err := setQueue(name, 1<<16); err != nil {
			return err
		}
		return setFlags(name, unix.IFF_UP|unix.IFF_RUNNING)
	})
	if err != nil && file != nil {
		_ = file.Close()
		return nil, err
	}
	return file, err
}

func openTunnel(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("TUNSETIFF: %w", err)
	}
	return os.NewFile(uintptr(fd), name), nil // only now: before, it cannot be waited for
}

func setAddr(name string, what uint, addr netip.Addr) error {
	request, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if err := request.SetInet4Addr(addr.AsSlice()); err != nil {
		return err
	}
	return configure(what, request)
}

// setQueue tells how many packets wait to be read, so that none is lost which the
// wire is not told to lose.
func setQueue(name string, packets uint32) error {
	request, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	request.SetUint32(packets)
	return configure(unix.SIOCSIFTXQLEN, request)
}

func setFlags(name string, flags uint16) error {
	request, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	request.SetUint16(flags)
	return configure(unix.SIOCSIFFLAGS, request)
}

// configure asks the system to change a device.
func configure(what uint, request *unix.Ifreq) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.IoctlIfreq(fd, what, request); err != nil {
		return fmt.Errorf("configure %s: %w", request.Name(), err)
	}
	return nil
}
