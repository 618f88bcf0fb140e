// Package link is what the backends that speak a mail protocol over a connection have in common: a
// connection that does not wait for ever, a secret that is asked for again once, and the meaning of
// what goes wrong on the way to the server.
package link
