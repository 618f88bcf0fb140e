package realserver

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// cyrus writes the files of Cyrus 3 (https://www.cyrusimap.org/imap/reference/manpages/configs/imapd.conf.html).
// A mailbox appears with its first mail or sign-in. Debian's SASL has no OAuth.
func (s *Server) cyrus() (setup, error) {
	tree := cmp.Or(os.Getenv("CLOUDMAIL_CYRUS"), "/var/lib/cloudmail/cyrus")
	bin, err := firstWith("master", filepath.Join(tree, "usr/lib/cyrus/bin"), "/usr/lib/cyrus/bin")
	if err != nil {
		return setup{}, err
	}
	password, err := firstWith("saslpasswd2", filepath.Join(tree, "usr/sbin"), "/usr/sbin")
	if err != nil {
		return setup{}, err
	}
	env := treeEnv(tree)
	config := filepath.Join(s.dir, "imapd.conf")
	fill := strings.NewReplacer("@D@", s.dir, "@U@", s.who.user, "@BIN@", bin, "@IMAP@", s.IMAP, "@IMAPS@", s.IMAPS,
		"@POP3@", s.POP3, "@POP3S@", s.POP3S, "@LMTP@", s.LMTP)
	err = cmp.Or(s.write("imapd.conf", []byte(fill.Replace(cyrusConfig))), s.write("cyrus.conf", []byte(fill.Replace(cyrusServices))))
	for _, dir := range []string{"conf/proc", "conf/db", "conf/lock", "conf/socket", "spool", "sock"} {
		err = cmp.Or(err, os.MkdirAll(filepath.Join(s.dir, dir), 0o755))
	}
	for user, secret := range s.users {
		err = cmp.Or(err, s.saslUser(filepath.Join(password, "saslpasswd2"), env, user, secret))
	}
	argv := []string{filepath.Join(bin, "master"), "-C", config, "-M", filepath.Join(s.dir, "cyrus.conf"),
		"-p", filepath.Join(s.dir, "master.pid"), "-D", "-L", filepath.Join(s.dir, "master.log")}
	return setup{argv: argv, env: env, deliver: s.lmtp, asUser: true}, err
}

// saslUser writes a password. Its realm is the address's domain, as virtual domains want it.
func (s *Server) saslUser(program string, env []string, user, secret string) error {
	name, realm, _ := strings.Cut(user, "@")
	cmd := exec.Command(program, "-p", "-c", "-f", filepath.Join(s.dir, "sasldb2"), "-u", realm, name)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(secret) // a line end would be part of it
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("saslpasswd2: %w: %s", err, out)
	}
	return nil
}

// firstWith finds the folder that has a program.
func firstWith(program string, dirs ...string) (string, error) {
	for _, dir := range dirs {
		if _, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("%w: there is no program %s in %s", ErrMissing, program, strings.Join(dirs, " or "))
}

// treeEnv lets programs of an unpacked tree find the libraries beside them.
func treeEnv(tree string) []string {
	var dirs []string
	for _, pattern := range []string{"usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib"} {
		found, _ := filepath.Glob(filepath.Join(tree, pattern)) // the patterns are well-formed
		dirs = append(dirs, found...)
	}
	plugins, _ := filepath.Glob(filepath.Join(tree, "usr/lib/*-linux-gnu/sasl2"))
	return []string{"LD_LIBRARY_PATH=" + strings.Join(dirs, ":"), "SASL_PATH=" + strings.Join(plugins, ":")}
}

const cyrusConfig = `configdirectory: @D@/conf
defaultpartition: default
partition-default: @D@/spool
cyrus_user: @U@
admins: cyrus
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: @D@/sasldb2
sasl_mech_list: PLAIN LOGIN
virtdomains: userid
defaultdomain: invalid.localhost
autocreate_quota: 0
autocreate_post: yes
autocreate_inbox_folders: Sent | Drafts | Trash | Junk | Archive
autocreate_subscribe_folders: Sent | Drafts | Trash | Junk | Archive
xlist-sent: Sent
xlist-drafts: Drafts
xlist-trash: Trash
xlist-junk: Junk
xlist-archive: Archive
unixhierarchysep: yes
altnamespace: yes
lmtpsocket: @D@/sock/lmtp
idlesocket: @D@/sock/idle
notifysocket: @D@/sock/notify
tls_server_cert: @D@/cert.pem
tls_server_key: @D@/key.pem
failedloginpause: 0
popminpoll: 0
poptimeout: 10
duplicatesuppression: no
munge8bit: no
reject8bit: no
syslog_prefix: cloudmail
`

const cyrusServices = `START {
  recover cmd="@BIN@/ctl_cyrusdb -C @D@/imapd.conf -r"
  idled cmd="@BIN@/idled -C @D@/imapd.conf"
}
SERVICES {
  imap cmd="@BIN@/imapd -C @D@/imapd.conf" listen="@IMAP@" prefork=0 maxchild=100
  imaps cmd="@BIN@/imapd -s -C @D@/imapd.conf" listen="@IMAPS@" prefork=0 maxchild=100
  pop3 cmd="@BIN@/pop3d -C @D@/imapd.conf" listen="@POP3@" prefork=0 maxchild=100
  pop3s cmd="@BIN@/pop3d -s -C @D@/imapd.conf" listen="@POP3S@" prefork=0 maxchild=100
  lmtp cmd="@BIN@/lmtpd -C @D@/imapd.conf -a" listen="@LMTP@" prefork=0 maxchild=100
}
EVENTS {
  checkpoint cmd="@BIN@/ctl_cyrusdb -C @D@/imapd.conf -c" period=30
}
`
