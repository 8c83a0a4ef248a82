package mail

import "time"

// NewPostWithin is NewPost with another limit.
func NewPostWithin(address, from string, limit time.Duration) (*Post, error) {
	return newPost(address, from, limit)
}

// MostTries is how often a mail is tried.
const MostTries = mostTries
