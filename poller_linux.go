package websockets

import (
	"os"
	"sync"
	"syscall"
)

// canPark tells whether there is a poller.
const canPark = true

// A poller waits for the sockets of drivers that are parked, with one goroutine for all
// of the process. It has an epoll instance of its own, which the runtime waits for as if
// it were a socket. Each wait is for one event, and looks first: nothing is lost that
// came before.
//
// It ends when it has no spots.
type poller struct {
	file *os.File // owns the epoll instance
	fd   int

	// Guarded by parking.mu:
	spots []spotState
	free  []int32
	taken int

	mu    sync.Mutex
	ended bool
	idle  []chan *driver // workers that wait
}

// A spot is a driver's place in the poller, for the first time it is parked until the
// connection is over.
type spot struct {
	poller *poller
	n      int32
	age    int32
}

// spotState is what the poller knows of a spot. Its age tells events of a connection that
// is over from those of the next one there.
type spotState struct {
	driver *driver
	age    int32
}

// parking guards all pollers. A poller that has ended is not used again.
var parking struct {
	mu      sync.Mutex
	current *poller
}

// watch waits for d's socket, and then has it attended.
func (s *spot) watch(d *driver) error {
	op := syscall.EPOLL_CTL_MOD
	if s.poller == nil {
		if err := s.take(d); err != nil {
			return err
		}
		op = syscall.EPOLL_CTL_ADD
	}
	c := controls.Get().(*control)
	defer controls.Put(c)
	c.epoll, c.op, c.err = s.poller.fd, op, nil
	c.event = syscall.EpollEvent{
		Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT,
		Fd:     s.n,
		Pad:    s.age,
	}
	if err := d.r.raw.conn.Control(c.do); err != nil {
		return err
	}
	return os.NewSyscallError("epoll_ctl", c.err)
}

// A control is a call of epoll_ctl that allocates nothing.
type control struct {
	epoll, op int
	event     syscall.EpollEvent
	err       error
	do        func(fd uintptr)
}

var controls = sync.Pool{New: func() any {
	c := new(control)
	c.do = func(fd uintptr) { c.err = syscall.EpollCtl(c.epoll, c.op, int(fd), &c.event) }
	return c
}}

func (s *spot) take(d *driver) error {
	parking.mu.Lock()
	defer parking.mu.Unlock()
	p := parking.current
	if p == nil {
		var err error
		if p, err = newPoller(); err != nil {
			return err
		}
		parking.current = p
	}
	if len(p.free) == 0 {
		p.free = append(p.free, int32(len(p.spots)))
		p.spots = append(p.spots, spotState{})
	}
	last := len(p.free) - 1
	n := p.free[last]
	p.free = p.free[:last]
	p.taken++
	p.spots[n].driver = d
	*s = spot{p, n, p.spots[n].age}
	return nil
}

// leave gives the spot back, if there is one: the transport is closed.
func (s *spot) leave() {
	p := s.poller
	if p == nil {
		return
	}
	parking.mu.Lock()
	p.spots[s.n] = spotState{age: s.age + 1}
	p.free = append(p.free, s.n)
	p.taken--
	over := p.taken == 0
	if over && parking.current == p {
		parking.current = nil
	}
	parking.mu.Unlock()
	if over {
		p.end()
	}
}

func (p *poller) end() {
	_ = p.file.Close() // and so its goroutine ends
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for _, w := range p.idle {
		w <- nil
	}
	p.idle = nil
}

// mostIdle is how many workers may wait. Those who begin have a small stack, which must be
// copied twice before it is large enough to send.
const mostIdle = 64

// attend has a driver attended by a worker that waits, or by a new one. The last that began
// to wait comes first: the processor still knows its stack.
func (p *poller) attend(d *driver) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		go p.work(d)
		return
	}
	p.idle[n-1] <- d // it has room
	p.idle = p.idle[:n-1]
}

// work is a worker: one driver after the other.
func (p *poller) work(d *driver) {
	next := make(chan *driver, 1)
	for d != nil {
		d.attend()
		if !p.wait(next) {
			return
		}
		d = <-next
	}
}

// wait adds a worker to those that wait, unless there are enough.
func (p *poller) wait(next chan *driver) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || len(p.idle) == mostIdle {
		return false
	}
	p.idle = append(p.idle, next)
	return true
}

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	_ = syscall.SetNonblock(fd, true) // so that NewFile has the runtime wait for it
	p := &poller{file: os.NewFile(uintptr(fd), "epoll"), fd: fd}
	raw, err := p.file.SyscallConn()
	if err != nil {
		_ = p.file.Close()
		return nil, err
	}
	go func() { _ = raw.Read(newEvents(p).take) }()
	return p, nil
}

// events are those that a poller has got at once.
type events struct {
	poller  *poller
	list    [128]syscall.EpollEvent
	drivers []*driver
}

func newEvents(p *poller) *events { return &events{poller: p} }

// take handles the events there are. It never is done: it returns false, and is called
// when there are more.
func (e *events) take(fd uintptr) bool {
	for {
		n, err := syscall.EpollWait(int(fd), e.list[:], 0)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil || n <= 0:
			return false
		}
		e.find(e.list[:n])
		for _, d := range e.drivers {
			if d.leaveParked() {
				e.poller.attend(d)
			}
		}
		clear(e.drivers)
		e.drivers = e.drivers[:0]
	}
}

// find collects the drivers that the events are for.
func (e *events) find(list []syscall.EpollEvent) {
	parking.mu.Lock()
	defer parking.mu.Unlock()
	for _, event := range list {
		if s := e.poller.spots[event.Fd]; s.age == event.Pad && s.driver != nil {
			e.drivers = append(e.drivers, s.driver)
		}
	}
}
