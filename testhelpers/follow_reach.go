package testhelpers

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// transport is the network, guarded: no proxy, which would resolve names out of sight, and no
// connection to an address that is not public, whatever its name was.
func (o FollowOptions) transport() (http.RoundTripper, error) {
	if o.Transport != nil {
		return o.Transport, nil
	}
	names, prefixes, err := o.allowed()
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		named := slices.Contains(names, plainHost(host))
		d := net.Dialer{Timeout: 10 * time.Second, Control: func(_, resolved string, _ syscall.RawConn) error {
			if named {
				return nil
			}
			return reachable(resolved, prefixes)
		}}
		return d.DialContext(ctx, network, address)
	}
	return &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 10 * time.Second,
		MaxResponseHeaderBytes: 1 << 20}, nil
}

// allowed parts Allow into names and networks.
func (o FollowOptions) allowed() (names []string, prefixes []netip.Prefix, err error) {
	for _, a := range o.Allow {
		if p, err := netip.ParsePrefix(a); err == nil {
			prefixes = append(prefixes, p.Masked())
			continue
		}
		if ip, err := netip.ParseAddr(a); err == nil {
			prefixes = append(prefixes, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
			continue
		}
		if a = plainHost(a); a == "" || strings.ContainsAny(a, "/:@* ") {
			return nil, nil, fmt.Errorf("FollowOptions.Allow: %q is no name, address or prefix; write \"localhost\", \"127.0.0.1\" or \"10.0.0.0/8\"", a)
		}
		names = append(names, a)
	}
	return names, prefixes, nil
}

func plainHost(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }

// reachable refuses a resolved address that is not public.
func reachable(resolved string, prefixes []netip.Prefix) error {
	at, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return fmt.Errorf("%s is no address", resolved)
	}
	ip := at.Addr().Unmap().WithZone("")
	if public(ip) || slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return nil
	}
	return fmt.Errorf("%s is not public: name it in FollowOptions.Allow if it is meant", ip)
}

// special are the networks that are not public although they look so (RFC 6890 and the IANA
// registries of special-purpose addresses).
var special = func() []netip.Prefix {
	var all []netip.Prefix
	for _, s := range strings.Fields(`0.0.0.0/8 100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24
		203.0.113.0/24 240.0.0.0/4 ::/96 100::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 64:ff9b:1::/48 fec0::/10`) {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}()

// public reports whether an address is one of the open net. What translates to an IPv4 address is
// judged by that.
func public(ip netip.Addr) bool {
	if inner, ok := translated(ip); ok {
		return public(inner)
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() &&
		!slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}

var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	sixTo4 = netip.MustParsePrefix("2002::/16")    // RFC 3056
)

// translated is the IPv4 address inside of one of IPv6.
func translated(ip netip.Addr) (netip.Addr, bool) {
	b := ip.As16()
	switch {
	case ip.Is4():
		return ip, false
	case nat64.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:])), true
	case sixTo4.Contains(ip):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return ip, false
}
