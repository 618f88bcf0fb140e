package realserver

import (
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"
)

// introspection is the authority that a server asks whose a token is (RFC 7662 §2).
type introspection struct {
	url  string
	http *http.Server
	done sync.WaitGroup
}

func introspect(whose func(token string) (string, bool)) (*introspection, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	x := &introspection{url: "http://" + l.Addr().String() + "/introspect"}
	x.http = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, ok := whose(r.PostFormValue("token"))
		answer := map[string]any{"active": ok}
		if ok {
			answer["email"] = user
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer) // a server that hung up needs none
	})}
	x.done.Go(func() { _ = x.http.Serve(l) }) // ends with close
	return x, nil
}

func (x *introspection) close() {
	_ = x.http.Close()
	x.done.Wait()
}
