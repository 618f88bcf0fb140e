package authentication

import (
	"context"
	"net"
	"strings"
)

// DNS answers questions about names, several at the same time. A [*net.Resolver] is one, a [Zone]
// another.
type DNS interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// Zone is DNS for tests: TXT records by name, in any case. It knows nothing else, and what it does not
// know does not exist.
type Zone map[string]string

// LookupTXT returns the record of the name.
func (z Zone) LookupTXT(ctx context.Context, name string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for n, text := range z {
		if strings.EqualFold(strings.TrimSuffix(n, "."), strings.TrimSuffix(name, ".")) {
			return []string{text}, nil
		}
	}
	return nil, unknown(name)
}

// LookupMX knows none.
func (Zone) LookupMX(_ context.Context, name string) ([]*net.MX, error) { return nil, unknown(name) }

// LookupIPAddr knows none.
func (Zone) LookupIPAddr(_ context.Context, host string) ([]net.IPAddr, error) {
	return nil, unknown(host)
}

// LookupAddr knows none.
func (Zone) LookupAddr(_ context.Context, addr string) ([]string, error) { return nil, unknown(addr) }

func unknown(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}
