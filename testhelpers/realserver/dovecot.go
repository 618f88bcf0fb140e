package realserver

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// dovecot writes the files of Dovecot 2.3 (https://doc.dovecot.org/2.3/configuration_manual/). Its
// penalty for failed sign-ins is off: all tests come from one address.
func (s *Server) dovecot() (setup, error) {
	program, err := findProgram("dovecot")
	if err != nil {
		return setup{}, err
	}
	var users strings.Builder
	for user, password := range s.users {
		fmt.Fprintf(&users, "%s:{PLAIN}%s::::::\n", user, password)
	}
	config := dovecotConfig
	if s.ask != nil {
		config += dovecotOAuth
	}
	if s.relay != "" {
		submission, err := s.submission()
		if err != nil {
			return setup{}, err
		}
		config += submission
	}
	fill := strings.NewReplacer("@D@", s.dir, "@U@", s.who.user, "@G@", s.who.group,
		"@IMAP@", fmt.Sprint(s.Port(s.IMAP)), "@IMAPS@", fmt.Sprint(s.Port(s.IMAPS)),
		"@POP3@", fmt.Sprint(s.Port(s.POP3)), "@POP3S@", fmt.Sprint(s.Port(s.POP3S)), "@LMTP@", fmt.Sprint(s.Port(s.LMTP)),
		"@MECHANISMS@", map[bool]string{true: "plain login xoauth2 oauthbearer", false: "plain login"}[s.ask != nil])
	err = cmp.Or(s.write("dovecot.conf", []byte(fill.Replace(config))), s.write("users", []byte(users.String())),
		os.MkdirAll(filepath.Join(s.dir, "mail"), 0o755))
	if err == nil && s.ask != nil {
		err = s.write("oauth2.conf.ext", []byte(strings.ReplaceAll(dovecotAuthority, "@URL@", s.ask.url)))
	}
	return setup{argv: []string{program, "-F", "-c", filepath.Join(s.dir, "dovecot.conf")},
		deliver: s.lmtp, log: filepath.Join(s.dir, "dovecot.log")}, err
}

// findProgram looks in PATH, and where daemons are kept.
func findProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: there is no program %s", ErrMissing, name)
}

const dovecotConfig = `base_dir = @D@/run
state_dir = @D@/state
log_path = @D@/dovecot.log
protocols = imap pop3 lmtp
listen = 127.0.0.1
default_internal_user = @U@
default_internal_group = @G@
default_login_user = @U@
ssl = yes
ssl_cert = <@D@/cert.pem
ssl_key = <@D@/key.pem
disable_plaintext_auth = no
auth_mechanisms = @MECHANISMS@
auth_verbose = yes
auth_failure_delay = 0
mailbox_idle_check_interval = 1 s
mail_location = maildir:@D@/mail/%u
first_valid_uid = 1
passdb {
  driver = passwd-file
  args = scheme=plain username_format=%u @D@/users
  mechanisms = plain login
}
userdb {
  driver = static
  args = uid=@U@ gid=@G@ home=@D@/mail/%u allow_all_users=yes
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    auto = create
    special_use = \Drafts
  }
  mailbox Sent {
    auto = create
    special_use = \Sent
  }
  mailbox Trash {
    auto = create
    special_use = \Trash
  }
  mailbox Junk {
    auto = create
    special_use = \Junk
  }
  mailbox Archive {
    auto = create
    special_use = \Archive
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = @IMAP@
  }
  inet_listener imaps {
    port = @IMAPS@
    ssl = yes
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = @POP3@
  }
  inet_listener pop3s {
    port = @POP3S@
    ssl = yes
  }
}
service lmtp {
  user = @U@
  inet_listener lmtp {
    address = 127.0.0.1
    port = @LMTP@
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  user = @U@
}
service auth-worker {
  user = @U@
}
service stats {
  chroot =
  user = @U@
}
protocol imap {
  mail_max_userip_connections = 100
}
protocol pop3 {
  mail_max_userip_connections = 100
  pop3_lock_session = yes
  pop3_uidl_format = %08Xu%08Xv
}
`

const dovecotOAuth = `passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = @D@/oauth2.conf.ext
}
`

const dovecotAuthority = `introspection_mode = post
introspection_url = @URL@
username_attribute = email
active_attribute = active
active_value = true
timeout_msecs = 5000
`
