package web

import (
	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/store"
)

// meView is who is logged in and what that role may decide.
type meView struct {
	Name string               `json:"name"`
	Role vigia.Role           `json:"role"`
	May  []vigia.DecisionKind `json:"may"`
}

func viewOf(u vigia.User) meView {
	v := meView{Name: u.Name, Role: u.Role, May: []vigia.DecisionKind{}}
	for _, k := range vigia.DecisionKinds() {
		if u.Role.May(k) == nil {
			v.May = append(v.May, k)
		}
	}
	return v
}

func (s *Server) login(c *call) (any, error) {
	var in struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	u, secret, err := s.Identity.Login(c.r.Context(), in.Name, in.Password)
	if err != nil {
		return nil, err
	}
	setCookie(c, s.cookie(secret, 0))
	return viewOf(u), nil
}

func (s *Server) logout(c *call) (any, error) {
	secret, _ := secretOf(c.r)
	setCookie(c, s.cookie("", -1))
	return nil, s.Identity.Logout(c.r.Context(), secret)
}

func (s *Server) me(c *call) (any, error) { return viewOf(c.user), nil }

func (s *Server) listUsers(c *call) (any, error) {
	return view(s, c, func(r store.Reader) ([]vigia.User, error) { return r.Users() })
}

func (s *Server) createUser(c *call) (any, error) {
	var in struct {
		Name     string     `json:"name"`
		Role     vigia.Role `json:"role"`
		Password string     `json:"password"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return s.Identity.AddUser(c.r.Context(), c.user.Name, in.Name, in.Role, in.Password)
}
