package codes_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/codes"
)

func ExampleFind() {
	m := &connector.Message{Subject: "Your login", Text: "Order 5512347\n\nYour one-time code is 493 817. Call +1 202 555 0143."}
	c, err := codes.Find(m, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Value)
	// Output: 493817
}

func ExampleFind_close() {
	_, err := codes.Find(&connector.Message{Text: "Your codes:\n118204\n559301"}, nil)
	fmt.Println(errors.Is(err, codes.ErrClose))
	fmt.Println(err)
	// Output:
	// true
	// find code: several codes are as likely
	//   118204 (score 6: alone in its line, below code, six digits) in "118204"
	//   559301 (score 6: alone in its line, below code, six digits) in "559301"
}

func ExampleAll() {
	for _, c := range codes.All(&connector.Message{Text: "Your code: 118204, for order 5593."}, nil) {
		fmt.Println(c)
	}
	// Output:
	// 118204 (score 7: asked for by code, right behind it, six digits) in "Your code: 118204, for order 5593."
	// 5593 (score -5: names something else: order) in "Your code: 118204, for order 5593."
}
