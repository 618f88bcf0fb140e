package imap_test

import (
	"crypto/tls"
	"net"

	"github.com/cloudmail-go/cloudmail/connector"
)

// attack is what somebody between does, and what the client must make of it.
type attack struct {
	do   script
	want error
}

// before are the ways in which the line before TLS is attacked, for StartTLS.
func before(tlsConfig *tls.Config) map[string]attack {
	const hello, begin = "* OK hello\r\n", "S1 OK begin\r\n"
	good := secured(tlsConfig, willing)
	asked := func(answer string, next ...script) script {
		return seq(append([]script{say(hello), hear, say(answer)}, next...)...)
	}
	config, foreign, away := connector.ErrConfig, connector.ErrUnexpected, connector.ErrUnavailable
	return map[string]attack{
		"refused by NO":            {asked("S1 NO not today\r\n", willing), config},
		"refused by BAD":           {asked("S1 BAD what?\r\n", willing), config},
		"refused for the moment":   {asked("S1 NO [UNAVAILABLE] later\r\n", willing), config},
		"thrown out":               {asked("* BYE no\r\n", willing), away},
		"nonsense":                 {asked("what?\r\n", willing), foreign},
		"a word of its own":        {asked("S1 MAYBE\r\n", willing), foreign},
		"another command's answer": {asked("T1 OK begin\r\n", willing), foreign},
		"asked to go on":           {asked("+ \r\n", willing), foreign},
		"asked for a literal":      {asked("+ OK\r\n"+begin, good), foreign},
		"closed":                   {asked("", hang), away},
		"cut within the answer":    {asked("S1 O", hang), away},
		"silent":                   {asked(""), away},
		"silent from the start":    {seq(), away},
		"silent in the greeting":   {say("* OK hel"), away},
		"closed at once":           {hang, away},
		"cut within the greeting":  {seq(say("* OK hel"), hang), away},

		"sign-in answered beforehand": {asked(begin+"T1 OK in\r\nT2 OK in\r\nT3 OK in\r\n", good), foreign},
		"CAPABILITY behind":           {asked(begin+"* CAPABILITY "+everything+"\r\n", good), foreign},
		"PREAUTH behind":              {asked(begin+"* PREAUTH welcome\r\n", good), foreign},
		"EXISTS behind":               {asked(begin+"* 5 EXISTS\r\n", good), foreign},
		"ALERT behind":                {asked(begin+"* OK [ALERT] give your password\r\n", good), foreign},
		"BYE behind":                  {asked(begin+"* BYE\r\n", good), foreign},
		"a byte behind":               {asked(begin+"*", good), foreign},
		"an empty line behind":        {asked(begin+"\r\n", good), foreign},
		"a TLS record behind":         {asked(begin+"\x17\x03\x03\x00\x01a", good), foreign},
		"no TLS behind":               {asked(begin, willing), away},
		"a plain server behind":       {asked(begin, hearSome, say("* OK hello\r\n"), willing), foreign},
		"closed instead of TLS":       {asked(begin, hear, hang), away},
		"silent instead of TLS":       {asked(begin), away},

		"PREAUTH":               {seq(say("* PREAUTH welcome\r\n"), hear, say(begin), good), foreign},
		"PREAUTH, no STARTTLS":  {seq(say("* PREAUTH welcome\r\n"), willing), foreign},
		"preauth in small":      {seq(say("* preauth welcome\r\n"), hear, say(begin), good), foreign},
		"BYE":                   {seq(say("* BYE too late\r\n"), willing), away},
		"NO as greeting":        {seq(say("* NO\r\n"), willing), foreign},
		"an answer as greeting": {seq(say(begin), good), foreign},
		"POP3":                  {seq(say("+OK ready\r\n"), willing), foreign},
		"SMTP":                  {seq(say("220 mail ESMTP\r\n"), willing), foreign},
		"HTTP":                  {seq(say("HTTP/1.1 400 Bad Request\r\n\r\n"), hang), foreign},
		"an empty greeting":     {seq(say("\r\n"), willing), foreign},
		"a literal as greeting": {seq(say("* {4000000000}\r\n"), willing), foreign},
		"endless greeting":      {endless("x"), foreign},
		"endless OK":            {seq(say("* OK "), endless("x")), foreign},
		"endless lines":         {seq(say(hello), hear, endless("* 1 EXISTS\r\n")), foreign},
		"STARTTLS stripped": {seq(say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n"),
			answering("IMAP4rev1 AUTH=PLAIN", map[string]string{"STARTTLS": "%s BAD unknown\r\n"})), config},
		"LOGIN invited": {seq(say("* OK [CAPABILITY IMAP4rev1] hello\r\n* OK [ALERT] LOGIN now\r\n"),
			answering("IMAP4rev1", map[string]string{"STARTTLS": "%s NO sign in first\r\n"})), config},

		// The true server takes no credential, and what was said before TLS says that it does.
		"AUTH= in the greeting":    {poisoned(tlsConfig, "* OK [CAPABILITY "+everything+"] hello\r\n", begin), config},
		"AUTH= before the answer":  {poisoned(tlsConfig, hello, "* CAPABILITY "+everything+"\r\n"+begin), config},
		"AUTH= within the answer":  {poisoned(tlsConfig, hello, "S1 OK [CAPABILITY "+everything+"] begin\r\n"), config},
		"PREAUTH before it":        {poisoned(tlsConfig, hello, "* PREAUTH in\r\n"+begin), config},
		"[CLOSED] before it":       {poisoned(tlsConfig, hello, "* OK [CLOSED]\r\n"+begin), config},
		"answers to come, earlier": {poisoned(tlsConfig, hello, "* 5 EXISTS\r\n* LIST () \"/\" INBOX\r\n"+begin), config},
	}
}

// poisoned says lines before TLS, and is a server within that takes no credential.
func poisoned(config *tls.Config, greeting, answer string) script {
	none := answering("IMAP4rev1 LOGINDISABLED", nil)
	return seq(say(greeting), hear, say(answer), secured(config, none))
}

// within are attacks on TLS itself and by the server behind it, for TLS and for StartTLS. hello is what a
// server says first within; where TLS came late it says nothing.
func within(ca *authority, hello string) map[string]attack {
	good := func() *tls.Config { return ca.config(attackedHost, 1990, 2100) }
	old := func(version uint16) *tls.Config {
		c := good()
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, version
		return c
	}
	other := newAuthority(ca.t)
	greeted := func(s script) script { return seq(say(hello), s) }
	refusing := func(answer string) script {
		return secured(good(), greeted(answering(everything+" LOGIN", map[string]string{"LOGIN": answer, "AUTHENTICATE": answer})))
	}
	config, away, denied := connector.ErrConfig, connector.ErrUnavailable, connector.ErrAuth
	return map[string]attack{
		"another authority":       {secured(other.config(attackedHost, 1990, 2100), greeted(willing)), config},
		"another host":            {secured(ca.config("mail.example.net", 1990, 2100), greeted(willing)), config},
		"a host below":            {secured(ca.config("imap."+attackedHost, 1990, 2100), greeted(willing)), config},
		"a wildcard too wide":     {secured(ca.config("*.com", 1990, 2100), greeted(willing)), config},
		"no name":                 {secured(ca.config("", 1990, 2100), greeted(willing)), config},
		"expired":                 {secured(ca.config(attackedHost, 1990, 1999), greeted(willing)), config},
		"not valid yet":           {secured(ca.config(attackedHost, 2050, 2100), greeted(willing)), config},
		"self-signed":             {secured(selfSigned(ca.t, attackedHost).own(), greeted(willing)), config},
		"TLS 1.0":                 {secured(old(tls.VersionTLS10), greeted(willing)), config},
		"TLS 1.1":                 {secured(old(tls.VersionTLS11), greeted(willing)), config},
		"closed in the handshake": {seq(hearSome, hang), away},
		"silent in the handshake": {hearSome, away},
		"a fatal alert":           {seq(hearSome, say("\x15\x03\x03\x00\x02\x02\x28")), away},
		"closed behind it":        {secured(good(), hang), away},
		"silent behind it":        {secured(good(), func(net.Conn) {}), away},
		"plain behind it":         {bare(good(), greeted(willing)), away},
		"BYE behind it":           {secured(good(), seq(say("* BYE go away\r\n"), hang)), away},
		"garbage behind it":       {secured(good(), seq(say("%$ what\r\n"), hang)), away},
		"LOGINDISABLED":           {secured(good(), greeted(answering("IMAP4rev1 LOGINDISABLED", nil))), config},
		"ways of its own":         {secured(good(), greeted(answering("IMAP4rev1 LOGINDISABLED AUTH=NTLM AUTH=EXTERNAL", nil))), config},
		"no capabilities":         {secured(good(), greeted(answering("", map[string]string{"CAPABILITY": "%s BAD\r\n", "LOGIN": "%s BAD\r\n", "AUTHENTICATE": "%s BAD\r\n"}))), away},
		"referred":                {refusing("%s NO [REFERRAL imap://evil.example.net/] go there\r\n"), denied},
		"refused":                 {refusing("%s NO [AUTHENTICATIONFAILED] no\r\n"), denied},
		"thrown out at sign-in":   {refusing("* BYE\r\n"), away},
		"asked for ever":          {secured(good(), greeted(asking)), nil},
		"told to go on":           {secured(good(), greeted(answering(everything, map[string]string{"CAPABILITY": "+ go on\r\n"}))), away},
		"another tag":             {refusing("X9 OK in\r\n"), away},
		"endless answer":          {secured(good(), greeted(endless("* OK x\r\n"))), nil},
	}
}

// asking goes on asking, whatever it is answered, over a slow line.
func asking(c net.Conn) {
	answering(everything, map[string]string{"AUTHENTICATE": "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n", "LOGIN": "+ \r\n", "": "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n"})(slow{c})
}

// hearSome takes what comes first.
func hearSome(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }

// bare shakes hands, and speaks plainly then.
func bare(config *tls.Config, s script) script {
	return func(c net.Conn) {
		if tls.Server(c, config).Handshake() == nil {
			s(c)
		}
	}
}
