package realserver

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// relay is where submitted mail goes on to. It is an address of this machine by its number: a name could lead
// elsewhere.
func (o *Options) relay(kind Kind) (string, error) {
	if o.Relay == "" {
		return "", nil
	}
	host, port, err := net.SplitHostPort(o.Relay)
	if err != nil {
		return "", fmt.Errorf("Options.Relay: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return "", fmt.Errorf("Options.Relay: %q is not this machine: nothing is sent on", host)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", fmt.Errorf("Options.Relay: %q is no port", port)
	}
	if kind != Dovecot {
		return "", errors.New("Options.Relay: only Dovecot submits")
	}
	return o.Relay, nil
}

// submission configures Dovecot's submission proxy
// (https://doc.dovecot.org/2.3/admin_manual/submission_server/): it signs in whom Dovecot knows, and
// hands all else to the relay.
func (s *Server) submission() (string, error) {
	if _, err := findLibexec("submission-login"); err != nil {
		return "", err
	}
	host, port, _ := net.SplitHostPort(s.relay) // as Options.relay found it
	fill := strings.NewReplacer("@HOST@", host, "@PORT@", port,
		"@SUBMISSION@", fmt.Sprint(s.Port(s.Submission)), "@SUBMISSIONS@", fmt.Sprint(s.Port(s.Submissions)))
	return fill.Replace(dovecotSubmission), nil
}

// findLibexec looks where Dovecot keeps the programs of its services.
func findLibexec(name string) (string, error) {
	for _, dir := range []string{"/usr/lib/dovecot", "/usr/libexec/dovecot", "/usr/local/libexec/dovecot"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: Dovecot has no %s (Debian's package dovecot-submissiond)", ErrMissing, name)
}

const dovecotSubmission = `protocols = imap pop3 lmtp submission
hostname = localhost
submission_relay_host = @HOST@
submission_relay_port = @PORT@
submission_relay_ssl = no
service submission-login {
  chroot =
  inet_listener submission {
    port = @SUBMISSION@
  }
  inet_listener submissions {
    port = @SUBMISSIONS@
    ssl = yes
  }
}
protocol submission {
  mail_max_userip_connections = 100
}
`
