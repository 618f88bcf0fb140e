package fakegmail

import (
	"net/http"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// RoundTripper is the door in memory: a transport for the hosts of Google that calls the fake
// directly and works in a testing/synctest bubble. It needs no closing.
func (f *Fake) RoundTripper() http.RoundTripper { return fakehttp.RoundTripper(f) }

// Server is the door on the loopback interface. All endpoints live at one root: give URL+"/" to
// option.WithEndpoint, and TokenURI to the key file.
type Server struct{ *fakehttp.Server }

// Start serves the fake by TLS on a free port of 127.0.0.1. The certificate is also good for the
// hosts of Google, for clients that use [fakehttp.Server.Transport]. Close ends it.
func (f *Fake) Start() (*Server, error) {
	names := make([]string, 0, len(hosts))
	for name := range hosts {
		names = append(names, name)
	}
	s, err := fakehttp.Listen(f, names...)
	if err != nil {
		return nil, err
	}
	return &Server{s}, nil
}

// StartPlain is Start without TLS, for clients that cannot be told to trust a certificate.
func (f *Fake) StartPlain() (*Server, error) {
	s, err := fakehttp.ListenPlain(f)
	if err != nil {
		return nil, err
	}
	return &Server{s}, nil
}

// TokenURI is the token endpoint of this door.
func (s *Server) TokenURI() string { return s.URL + "/token" }
