package htmltext

// kind is how an element bears on the text around it.
type kind int

const (
	block  kind = 1 << iota // begins and ends a line
	cell                    // stands apart from the cell before it
	item                    // ends the one before it
	unseen                  // its content is not shown
	void                    // has no content
	holds                   // its end ends the blocks in it, though it is none
)

// kinds lists the elements that are not plain inline ones (HTML standard,
// section 15.3, rendering).
var kinds = map[string]kind{
	"address": block, "article": block, "aside": block, "blockquote": block, "body": block,
	"caption": block, "center": block, "dd": block, "details": block, "dialog": block, "dir": block,
	"div": block, "dl": block, "dt": block, "fieldset": block, "figcaption": block, "figure": block,
	"footer": block, "form": block, "h1": block, "h2": block, "h3": block, "h4": block, "h5": block,
	"h6": block, "header": block, "hgroup": block, "html": block, "legend": block, "li": block | item,
	"main": block, "menu": block, "nav": block, "ol": block, "optgroup": block, "option": block | item,
	"p": block, "pre": block, "search": block, "section": block, "summary": block, "table": block,
	"tbody": block, "tfoot": block, "thead": block, "tr": block | item, "ul": block,

	"td": cell, "th": cell,

	"select": holds, "button": holds,

	"head": unseen, "title": unseen, "style": unseen, "script": unseen, "template": unseen,
	"datalist": unseen, "noframes": unseen, "noembed": unseen, "iframe": unseen, "object": unseen,
	"audio": unseen, "video": unseen, "canvas": unseen, "svg": unseen, "math": unseen, "xml": unseen,

	"area": void, "base": void, "br": void, "col": void, "embed": void, "hr": void | block, "img": void,
	"input": void, "link": void, "meta": void, "param": void, "source": void, "track": void, "wbr": void,
}

// ofHead are the elements that may stand in the head; any other ends it.
var ofHead = map[string]bool{"base": true, "basefont": true, "bgsound": true, "link": true, "meta": true, "noscript": true,
	"script": true, "style": true, "template": true, "title": true, "xml": true, "object": true}

// ended are the parts of a table or list by what ends them without an end tag.
var ended = map[string]map[string]bool{
	"td": cells, "th": cells, "tr": groups, "tbody": groups, "thead": groups, "tfoot": groups,
	"option":  {"optgroup": true},
	"caption": {"tr": true, "tbody": true, "thead": true, "tfoot": true, "col": true, "colgroup": true},
}

var (
	groups = map[string]bool{"tbody": true, "thead": true, "tfoot": true}
	cells  = map[string]bool{"td": true, "th": true, "tr": true, "tbody": true, "thead": true, "tfoot": true}
)
