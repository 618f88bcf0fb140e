package realserver

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// courierUser is who Courier's own daemons are; the number is used in the server's namespace only.
const courierUser = "courier:x:64999:64999::/nonexistent:/bin/false\n"

var errRoot = errors.New("it is run by root alone, in a mount namespace of its own")

// courier writes the files of Courier (https://www.courier-mta.org/imap/). Its programs know no other
// places than /usr, /etc/courier and /run/courier, so that they run where these are ours.
func (s *Server) courier() (setup, error) {
	tree := cmp.Or(os.Getenv("CLOUDMAIL_COURIER"), "/var/lib/cloudmail/courier")
	if _, err := firstWith("imapd", filepath.Join(tree, "usr/bin")); err != nil {
		return setup{}, err
	}
	unshare, err := exec.LookPath("unshare")
	if err != nil || !s.who.root {
		return setup{}, fmt.Errorf("%w: %w", ErrMissing, errRoot)
	}
	s.LMTP = ""
	fill := strings.NewReplacer("@D@", s.dir, "@ID@", filepath.Base(s.dir), "@TREE@", tree, "@IMAP@", fmt.Sprint(s.Port(s.IMAP)), "@IMAPS@", fmt.Sprint(s.Port(s.IMAPS)),
		"@POP3@", fmt.Sprint(s.Port(s.POP3)), "@POP3S@", fmt.Sprint(s.Port(s.POP3S)))
	err = cmp.Or(
		s.extend("etc/passwd", courierUser), s.extend("etc/group", "courier:x:64999:\n"),
		s.write("courier/authdaemonrc", []byte(courierAuth)),
		s.write("courier/userdb", []byte(s.userdb())),
		s.write("start", []byte(fill.Replace(courierStart))),
	)
	for user := range s.users {
		for _, folder := range []string{"", ".Sent", ".Drafts", ".Trash", ".Junk", ".Archive"} {
			err = cmp.Or(err, makeMaildir(filepath.Join(s.courierMail(user), folder)))
		}
	}
	return setup{argv: []string{unshare, "--mount", "--pid", "--fork", "--kill-child", "--", "/bin/sh", "-eu", filepath.Join(s.dir, "start")}, env: treeEnv(tree),
		deliver: func(rcpt string, raw []byte) error {
			return s.maildir(s.courierMail(rcpt), append([]byte("Delivered-To: "+rcpt+"\r\n"), raw...))
		}}, err
}

// extend writes one of the machine's files with a line more.
func (s *Server) extend(name, line string) error {
	text, err := os.ReadFile("/" + name)
	if err != nil {
		return err
	}
	if err := s.write(name, append(text, line...)); err != nil {
		return err
	}
	return os.Chmod(filepath.Join(s.dir, name), 0o644)
}

// courierMail is the Maildir of a user.
func (s *Server) courierMail(user string) string {
	return filepath.Join(s.dir, "mail", user, "Maildir")
}

// userdb is a line for each user: fields behind a tabulator, "|" between them.
func (s *Server) userdb() string {
	var b strings.Builder
	for user, password := range s.users {
		sum := sha256.Sum256([]byte(password))
		fmt.Fprintf(&b, "%s\tuid=%d|gid=%d|home=%s|mail=%s|systempw={SHA256}%s\n", user, s.who.uid, s.who.gid,
			filepath.Dir(s.courierMail(user)), s.courierMail(user), base64.StdEncoding.EncodeToString(sum[:]))
	}
	return b.String()
}

// makeMaildir makes a Maildir, or a folder of one (https://www.courier-mta.org/maildir.html).
func makeMaildir(dir string) error {
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	if !strings.HasPrefix(filepath.Base(dir), ".") {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, "maildirfolder"), nil, 0o600)
}

const courierAuth = `authmodulelist="authuserdb"
daemons=3
authdaemonvar=/run/courier/authdaemon
DEBUG_LOGIN=0
DEFAULTOPTIONS=""
LOGGEROPTS=""
`

// courierStart makes Courier's places, and runs its daemons until one ends. What tells IDLE of news is one process for each
// user and GAM_CLIENT_ID of the machine: without an id of its own, a server that is killed takes it from the others.
const courierStart = `mount --make-rprivate /
mount -t overlay overlay -o lowerdir=@TREE@/usr:/usr /usr
mount -t overlay overlay -o lowerdir=@D@/etc:@TREE@/etc:/etc /etc
mount --bind @D@/courier /etc/courier
mount -t tmpfs tmpfs /run
mkdir -p /run/courier/authdaemon
chown -R courier:courier /run/courier
chown root:root /etc/courier /etc/courier/userdb
chown courier:courier @D@/both.pem
chmod 755 /etc/courier
chmod 600 /etc/courier/userdb
/usr/sbin/makeuserdb
set -a
. /etc/courier/authdaemonrc
GAM_CLIENT_ID=@ID@
IMAP_CAPABILITY="IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE AUTH=PLAIN"
IMAP_CAPABILITY_TLS="$IMAP_CAPABILITY"
IMAP_KEYWORDS=1
IMAP_ACL=1
IMAP_IDLE_TIMEOUT=60
IMAP_MAILBOX_SANITY_CHECK=0
IMAP_USELOCKS=1
IMAP_ENHANCEDIDLE=1
IMAP_TRASHFOLDERNAME=Trash
IMAP_CHECK_ALL_FOLDERS=0
IMAP_OBSOLETE_CLIENT=0
POP3AUTH="PLAIN LOGIN"
POP3AUTH_TLS="PLAIN LOGIN"
MAILDIRPATH=Maildir
COURIERTLS=/usr/bin/couriertls
TLS_CERTFILE=@D@/both.pem
TLS_VERIFYPEER=NONE
AUTHMODULES=authdaemon
/usr/lib/courier/courier-authlib/authdaemond &
tcpd="/usr/sbin/couriertcpd -address=127.0.0.1 -nodnslookup -noidentlookup -maxprocs=100 -maxperip=100"
imap="/usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir"
pop3="/usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir"
IMAP_STARTTLS=YES $tcpd @IMAP@ $imap &
IMAP_TLS=1 $tcpd @IMAPS@ /usr/bin/couriertls -server -tcpd $imap &
POP3_STARTTLS=YES $tcpd @POP3@ $pop3 &
POP3_TLS=1 $tcpd @POP3S@ /usr/bin/couriertls -server -tcpd $pop3 &
wait
`
