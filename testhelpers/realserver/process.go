package realserver

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"
)

// process is one run of a server.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it ended

	mu   sync.Mutex
	text []byte
}

// Write keeps what the server prints, its end if it is much.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = append(p.text, b...)
	p.text = p.text[max(0, len(p.text)-64<<10):]
	return len(b), nil
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.text)
}

// Run starts the server again after [Server.Kill], on the same ports and with the mail it had, and
// returns when it answers.
func (s *Server) Run() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		return errors.New("realserver: it runs already")
	}
	p := &process{done: make(chan struct{})}
	p.cmd = exec.Command(s.setup.argv[0], s.setup.argv[1:]...)
	p.cmd.Dir, p.cmd.Env = s.dir, append(os.Environ(), s.setup.env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.WaitDelay = time.Second // for what the server's children still hold open
	ownGroup(p.cmd)
	if s.setup.asUser && s.who.root {
		runAs(p.cmd, s.who.uid, s.who.gid)
	}
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("realserver: %s: %w: %w", s.Kind, ErrMissing, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // that it was killed is no news
	}()
	s.run = p
	if err := s.answers(p); err != nil {
		s.end()
		return fmt.Errorf("realserver: %s: %w\n%s", s.Kind, err, p.output())
	}
	return nil
}

// answers waits until every port has been heard.
func (s *Server) answers(p *process) error {
	limit := time.Now().Add(startLimit)
	for _, addr := range []string{s.IMAP, s.POP3, s.LMTP, s.Submission} {
		for addr != "" && !greets(addr) {
			if time.Now().After(limit) {
				return fmt.Errorf("%s does not answer after %s", addr, startLimit)
			}
			select {
			case <-p.done:
				return errors.New("the server ended at once")
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return nil
}

// greets reports whether a line comes from the address.
func greets(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second)) // fails only on a closed connection
	_, err = bufio.NewReader(conn).ReadString('\n')
	return err == nil
}

// Kill ends the server and all its processes at once, as a power cut does: what it had not written
// is lost, every connection breaks. Its mail stays.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

// end kills the run; the lock is held.
func (s *Server) end() {
	if s.run == nil {
		return
	}
	killGroup(s.run.cmd)
	<-s.run.done
	s.run = nil
	s.deaf()
}

// deaf waits until nobody listens any more: the last of many processes may die a moment later.
func (s *Server) deaf() {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 2000 {
		c, err := net.Dial("tcp", s.IMAP)
		if err != nil {
			return
		}
		_ = c.Close()
		<-tick.C
	}
}

// Close kills the server and removes its folder. It may be called again.
func (s *Server) Close() error {
	s.Kill()
	if s.ask != nil {
		s.ask.close()
	}
	if s.dir == "" {
		return nil
	}
	return os.RemoveAll(s.dir)
}
