package imap_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	attackedHost   = "mail.example.com"
	attackedUser   = "somebody@example.com"
	attackedSecret = "sesame-4711"
)

// script is what the other end of a connection says and hears.
type script = func(net.Conn)

// middle is somebody on the line. What the client sends is recorded as it goes over the wire.
type middle struct {
	mu      sync.Mutex
	said    bytes.Buffer
	dialled []string
	work    sync.WaitGroup
}

// dial answers each connection by its script, and all further ones by the last.
func (m *middle) dial(scripts ...script) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, address string) (net.Conn, error) {
		client, server := net.Pipe()
		m.mu.Lock()
		run := scripts[min(len(m.dialled), len(scripts)-1)]
		m.dialled = append(m.dialled, address)
		m.mu.Unlock()
		_ = server.SetDeadline(time.Now().Add(time.Hour))
		m.work.Go(func() {
			defer server.Close()
			run(server)
			_, _ = io.Copy(io.Discard, server)
		})
		return recorded{client, m}, nil
	}
}

type recorded struct {
	net.Conn
	m *middle
}

func (r recorded) Write(p []byte) (int, error) {
	r.m.mu.Lock()
	r.m.said.Write(p)
	r.m.mu.Unlock()
	return r.Conn.Write(p)
}

// heard is what the client has said.
func (m *middle) heard() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.said.Bytes())
}

// seq plays scripts one after the other.
func seq(scripts ...script) script {
	return func(c net.Conn) {
		for _, s := range scripts {
			s(c)
		}
	}
}

// say sends a text.
func say(text string) script { return func(c net.Conn) { _, _ = io.WriteString(c, text) } }

// hear takes one line, and not a byte more.
func hear(c net.Conn) {
	b := make([]byte, 1)
	for {
		if _, err := c.Read(b); err != nil || b[0] == '\n' {
			return
		}
	}
}

// hang ends the connection.
func hang(c net.Conn) { _ = c.Close() }

// endless says a text until nobody hears it any more.
func endless(text string) script {
	return func(c net.Conn) {
		for all := []byte(strings.Repeat(text, 4096/len(text)+1)); ; {
			if _, err := c.Write(all); err != nil {
				return
			}
		}
	}
}

// secured begins TLS, and plays a script within.
func secured(config *tls.Config, within script) script {
	return func(c net.Conn) {
		t := tls.Server(c, config)
		if t.Handshake() == nil {
			within(t)
		}
	}
}

// everything is what a server can that takes every way to sign in.
const everything = "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER"

// willing takes every sign-in and shows an empty mailbox: so it goes on where an attack is not seen.
func willing(c net.Conn) { answering(everything, nil)(c) }

// answering is a server that gives own answers to some commands; a %s in them is the tag.
func answering(capabilities string, own map[string]string) script {
	return answeringWith(capabilities, own, "", nil)
}

// answeringWith is answering, with a script for one command.
func answeringWith(capabilities string, own map[string]string, special string, play script) script {
	return func(c net.Conn) {
		for r := bufio.NewReader(c); ; {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
			name, args, _ := strings.Cut(command, " ")
			if name == "UID" {
				verb, _, _ := strings.Cut(args, " ")
				name += " " + verb
			}
			if play != nil && name == special {
				play(tagged{c, tag})
				continue
			}
			answer := map[string]string{"CAPABILITY": "* CAPABILITY " + capabilities + "\r\n", "LIST": "* LIST () \"/\" INBOX\r\n",
				"EXAMINE": "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n"}[name] + "%s OK done\r\n"
			if mine, ok := own[name]; ok {
				answer = mine
			} else if name == "AUTHENTICATE" && !strings.Contains(args, " ") {
				say("+ \r\n")(c)
				_, _ = r.ReadString('\n')
			}
			say(strings.ReplaceAll(answer, "%s", tag))(c)
		}
	}
}

// tagged puts the tag of a command in place of %s.
type tagged struct {
	net.Conn
	tag string
}

func (c tagged) Write(p []byte) (int, error) {
	if !bytes.Contains(p, []byte("%s")) { // as nearly always: what floods us is not to be copied
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(bytes.ReplaceAll(p, []byte("%s"), []byte(c.tag))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// authority issues certificates that hold at any time, or do not.
type authority struct {
	t    testing.TB
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t}
	a.key, a.cert = a.sign(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// sign makes a key and its certificate; the first is its own authority.
func (a *authority) sign(template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	template.SerialNumber = big.NewInt(1)
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = year(1990), year(2100)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	parent, by := a.cert, a.key
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	require.NoError(a.t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(a.t, err)
	return key, cert
}

// config is a server's, with a certificate for a name that holds for some years.
func (a *authority) config(name string, from, until int) *tls.Config {
	a.t.Helper()
	key, cert := a.sign(&x509.Certificate{DNSNames: []string{name}, NotBefore: year(from), NotAfter: year(until)})
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}, SessionTicketsDisabled: true}
}

// own is a server's config that shows the authority's own certificate.
func (a *authority) own() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key}}, SessionTicketsDisabled: true}
}

// selfSigned is an authority whose certificate is a server's.
func selfSigned(t testing.TB, name string) *authority {
	t.Helper()
	a := &authority{t: t}
	a.key, a.cert = a.sign(&x509.Certificate{DNSNames: []string{name}})
	return a
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func year(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }

// secretForms are how user and secret could go over a line.
func secretForms() []string {
	out := []string{attackedUser, attackedSecret}
	for _, s := range []string{"\x00" + attackedUser + "\x00" + attackedSecret, attackedUser, attackedSecret,
		"user=" + attackedUser + "\x01auth=Bearer " + attackedSecret,
		"n,a=" + attackedUser} {
		out = append(out, base64.StdEncoding.EncodeToString([]byte(s))[:len(s)/3*4])
	}
	return out
}
