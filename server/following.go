package server

import (
	"context"
	"errors"
	"time"

	"toancanh/server/auth"
	"toancanh/server/follow"
	"toancanh/server/mail"
)

// openFollowing makes what those who follow a report meet: the desk, and the mails where there is a mail server.
func (s *Server) openFollowing() error {
	c := follow.Config{Store: s.store, Actor: s.intake, Receipts: s.receipts, Location: s.location, Now: time.Now, Photos: s.shelf != nil}
	if s.options.SMTPURL != "" {
		post, err := mail.NewPost(s.options.SMTPURL, s.options.SMTPFrom)
		if err != nil {
			return err
		}
		sealer, err := auth.OpenSealer(s.options.SealKey(auth.SealedMails))
		if err != nil {
			return err
		}
		root, _ := s.atlas.Tree.Root(s.options.Division)
		s.mails, err = mail.New(mail.Config{
			Store: s.store, Sealer: sealer, Post: post, Home: s.options.SMTPHome, Centre: s.options.Title + ", " + root.Title(),
			Now: time.Now, Log: s.log, Metrics: s.metrics,
		})
		if err != nil {
			return err
		}
		c.Mails = s.mails
	}
	s.follow = follow.New(c)
	return nil
}

// deliver is the leader's job of handing mails over; nil without a mail server.
func (s *Server) deliver() func(context.Context) error {
	if s.mails == nil {
		return nil
	}
	return s.mails.Deliver
}

// dropContacts forgets what tells how to reach somebody about reports closed before an instant, and addresses that were never
// confirmed.
func (s *Server) dropContacts(ctx context.Context, closedBefore time.Time) (int, error) {
	contacts, err := s.store.DropContacts(ctx, closedBefore)
	followers, err2 := s.store.DropMailFollowers(ctx, time.Now(), closedBefore)
	return contacts + followers, errors.Join(err, err2)
}
