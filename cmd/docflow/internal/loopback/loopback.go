// Package loopback serves the embedded endpoints of AWS's services on ports of this computer that only it can reach.
package loopback

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Server is a running endpoint.
type Server struct {
	URL string // such as http://127.0.0.1:41234

	http  *http.Server
	ended chan error
}

// headerTime bounds how long a client may take to send the headers of a request.
const headerTime = time.Minute

// Listen serves a handler on a free port, until Close; the context is for the search of the port.
func Listen(ctx context.Context, handler http.Handler) (*Server, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL:  "http://" + listener.Addr().String(),
		http: &http.Server{Handler: handler, ReadHeaderTimeout: headerTime}, ended: make(chan error, 1),
	}
	go func() { s.ended <- s.http.Serve(listener) }()
	return s, nil
}

// Close stops the endpoint, and cuts off the requests that are under way.
func (s *Server) Close() error {
	err := s.http.Close()
	if ended := <-s.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
