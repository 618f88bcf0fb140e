// Package wire is what the servers of mail protocols stand on in process: how clients come in, what
// happens to the bytes on the way, the certificate, the secrets and the list of commands.
package wire
